// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.prefetch.model;

import io.sluicefs.spi.PluginSettings;
import io.sluicefs.spi.Setting;
import io.sluicefs.spi.SettingException;
import io.sluicefs.spi.prefetch.PrefetchLimits;
import java.util.List;

/**
 * What the configuration says of read-ahead by tensor.
 *
 * @param limits chunk size and requests under way
 * @param ahead most bytes planned ahead of one handle
 * @param maxHeader most bytes of a file before its first tensor
 */
record ModelPrefetchConfig(PrefetchLimits limits, long ahead, long maxHeader) {
  private static final Setting<Long> SIZE = Setting.size("size", "Bytes.");
  private static final long SMALLEST_CHUNK = 64L << 10;
  private static final long LARGEST_CHUNK = 1L << 30;
  private static final long LARGEST_HEADER = 1L << 30;

  static final Setting<Long> CHUNK_SIZE =
      Setting.of(
              "chunk-size",
              "a power of two from 64KiB to 1GiB",
              "Most bytes of one request, which ends on a multiple of it.",
              text -> {
                long size = SIZE.parse(text);
                if (size < SMALLEST_CHUNK || size > LARGEST_CHUNK || Long.bitCount(size) != 1) {
                  throw new IllegalArgumentException("not a chunk size");
                }
                return size;
              })
          .withDefault("8MiB")
          .live();

  static final Setting<Long> AHEAD =
      Setting.size(
              "ahead",
              "64KiB",
              "How far ahead of one file handle is planned, once the order of its tensors is known;"
                  + " never more than memory allows.")
          .withDefault("384MiB")
          .live();

  static final Setting<Integer> REQUESTS_PER_FILE =
      Setting.integer(
              "requests-per-file", 1, 1024, "Most requests of read-ahead under way for one object.")
          .withDefault("16")
          .live();

  static final Setting<Integer> REQUESTS =
      Setting.integer("requests", 1, 4096, "Most requests of read-ahead under way in all.")
          .withDefault("64")
          .live();

  static final Setting<Long> MAX_HEADER =
      Setting.of(
              "max-header",
              "a size from 4KiB to 1GiB",
              "The longest table of tensors that is read; a file with a longer one is left to the"
                  + " next prefetcher.",
              text -> {
                long size = SIZE.parse(text);
                if (size < 4096 || size > LARGEST_HEADER) {
                  throw new IllegalArgumentException("out of range");
                }
                return size;
              })
          .withDefault("32MiB")
          .live();

  static final List<Setting<?>> SETTINGS =
      List.of(CHUNK_SIZE, AHEAD, REQUESTS_PER_FILE, REQUESTS, MAX_HEADER);

  static ModelPrefetchConfig of(PluginSettings settings) throws SettingException {
    int requestsPerFile = settings.get(REQUESTS_PER_FILE);
    int requests = settings.get(REQUESTS);
    if (requests < requestsPerFile) {
      throw settings.error(
          REQUESTS,
          "%d in all are fewer than the %d of requests-per-file; raise it or lower that"
              .formatted(requests, requestsPerFile));
    }
    return new ModelPrefetchConfig(
        new PrefetchLimits(settings.get(CHUNK_SIZE), requestsPerFile, requests),
        settings.get(AHEAD),
        settings.get(MAX_HEADER));
  }
}
