// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.prefetch.sequential;

import io.sluicefs.spi.PluginSettings;
import io.sluicefs.spi.Setting;
import io.sluicefs.spi.SettingException;
import io.sluicefs.spi.prefetch.PrefetchLimits;
import java.util.List;

/**
 * What the configuration says of read-ahead.
 *
 * @param limits chunk size and requests under way
 * @param window how far a window grows
 * @param detectCount reads in order before anything is planned
 * @param maxJump most bytes a read may leave out or come back by and still be in order
 */
record SequentialPrefetchConfig(
    PrefetchLimits limits, Window window, int detectCount, long maxJump) {

  /**
   * How far a window grows.
   *
   * @param chunks most chunks; 0 for {@code auto}, -1 for {@code unlimited}
   */
  record Window(int chunks) {
    private static final int AUTO = 0;
    private static final int UNLIMITED = -1;

    static Window parse(String text) {
      return switch (text) {
        case "auto" -> new Window(AUTO);
        case "unlimited" -> new Window(UNLIMITED);
        default -> {
          int chunks = Integer.parseInt(text);
          if (chunks < 1) {
            throw new IllegalArgumentException("not a number of chunks");
          }
          yield new Window(chunks);
        }
      };
    }

    boolean isAuto() {
      return chunks == AUTO;
    }

    boolean isUnlimited() {
      return chunks == UNLIMITED;
    }

    /** Returns the most bytes of one handle's window. */
    long bytes(PrefetchLimits limits) {
      return switch (chunks) {
        case UNLIMITED -> Long.MAX_VALUE;
        // As many as are under way, as many again that have arrived, and as many that follow.
        case AUTO -> 3L * limits.requestsPerFile() * limits.chunkSize();
        default -> chunks * limits.chunkSize();
      };
    }
  }

  private static final Setting<Long> SIZE = Setting.size("size", "Bytes.");
  private static final long SMALLEST_CHUNK = 64L << 10;
  private static final long LARGEST_CHUNK = 1L << 30;

  static final Setting<Long> CHUNK_SIZE =
      Setting.of(
              "chunk-size",
              "a power of two from 64KiB to 1GiB",
              "Most bytes of one request; windows start and end on its multiples.",
              SequentialPrefetchConfig::parseChunkSize)
          .withDefault("8MiB")
          .live();

  static final Setting<Window> CHUNKS =
      Setting.of(
              "chunks",
              "auto, unlimited or a number of chunks from 1",
              "How far the window of one file handle grows: auto is three times requests-per-file,"
                  + " unlimited is to the end of the object; never more than memory allows.",
              Window::parse)
          .withDefault("auto")
          .live();

  static final Setting<Integer> REQUESTS_PER_FILE =
      Setting.integer(
              "requests-per-file",
              1,
              1024,
              "Most requests of read-ahead under way for one object; twice as many while guesses end.")
          .withDefault("16")
          .live();

  static final Setting<Integer> REQUESTS =
      Setting.integer("requests", 1, 4096, "Most requests of read-ahead under way in all.")
          .withDefault("64")
          .live();

  static final Setting<Integer> DETECT_COUNT =
      Setting.integer(
              "detect-count", 1, 100, "Reads in order before anything is read ahead of them.")
          .withDefault("2")
          .live();

  static final Setting<Long> MAX_JUMP =
      Setting.size(
              "max-jump",
              "Most bytes that a read may skip, or come back by, without ending the order of those"
                  + " before it.")
          .withDefault("4MiB")
          .live();

  static final List<Setting<?>> SETTINGS =
      List.of(CHUNK_SIZE, CHUNKS, REQUESTS_PER_FILE, REQUESTS, DETECT_COUNT, MAX_JUMP);

  static SequentialPrefetchConfig of(PluginSettings settings) throws SettingException {
    int requestsPerFile = settings.get(REQUESTS_PER_FILE);
    int requests = settings.get(REQUESTS);
    if (requests < requestsPerFile) {
      throw settings.error(
          REQUESTS,
          "%d in all are fewer than the %d of requests-per-file; raise it or lower that"
              .formatted(requests, requestsPerFile));
    }
    return new SequentialPrefetchConfig(
        new PrefetchLimits(settings.get(CHUNK_SIZE), requestsPerFile, requests),
        settings.get(CHUNKS),
        settings.get(DETECT_COUNT),
        settings.get(MAX_JUMP));
  }

  private static long parseChunkSize(String text) {
    long size = SIZE.parse(text);
    if (size < SMALLEST_CHUNK || size > LARGEST_CHUNK || Long.bitCount(size) != 1) {
      throw new IllegalArgumentException("not a chunk size");
    }
    return size;
  }
}
