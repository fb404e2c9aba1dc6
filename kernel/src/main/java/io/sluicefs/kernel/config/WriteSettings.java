// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.config;

import io.sluicefs.kernel.write.WriteOptions;
import io.sluicefs.spi.PluginSettings;
import io.sluicefs.spi.Setting;
import java.util.List;
import java.util.Optional;

/**
 * How files are written to the store.
 *
 * @param partSize bytes of a part
 * @param requests most parts of all files under way
 * @param requestsPerFile most parts of one file under way
 * @param keepSize most bytes kept in memory after they were written; empty to go by the memory
 * @param renameLimit most objects in a directory that is renamed
 * @param keepAttributes whether modes, owners and times are kept in the store
 */
public record WriteSettings(
    long partSize,
    int requests,
    int requestsPerFile,
    Optional<Long> keepSize,
    int renameLimit,
    boolean keepAttributes) {
  /** Share of the memory that keeps what was written. */
  private static final int KEEP_SHARE = 4;

  private static final Setting<Long> PART_SIZE =
      Setting.size(
              "part-size",
              "1MiB",
              "Bytes of a part of an upload, at least what the store asks for. Parts of large files"
                  + " grow, so that the store's number of parts is enough.")
          .withDefault("8MiB");
  private static final Setting<Integer> REQUESTS =
      Setting.integer("requests", 1, 4096, "Most parts of all files under way at once.")
          .withDefault("64");
  private static final Setting<Integer> REQUESTS_PER_FILE =
      Setting.integer("requests-per-file", 1, 4096, "Most parts of one file under way at once.")
          .withDefault("16");
  private static final Setting<Long> KEEP_SIZE =
      Setting.size(
          "keep-size",
          "Most bytes of what was written that stay in memory, as long as nothing else needs it, so"
              + " that reading them downloads nothing; a quarter of the memory for data when not given.");
  private static final Setting<Integer> RENAME_LIMIT =
      Setting.integer(
              "rename-limit",
              1,
              10_000_000,
              "Most objects in a directory that is renamed; each is copied and deleted.")
          .withDefault("200000");

  private static final Setting<Boolean> KEEP_ATTRIBUTES =
      Setting.flag(
              "keep-attributes",
              "Keep modes, owners and times that programs set in the metadata of objects, as s3fs"
                  + " does. Looking up a file then takes a request more, and setting them on a"
                  + " stored file a copy within the store.")
          .withDefault("false");

  /** The section. */
  public static final Section SECTION =
      new Section(
          "write",
          "How files are written to the store.",
          List.of(
              PART_SIZE, REQUESTS, REQUESTS_PER_FILE, KEEP_SIZE, RENAME_LIMIT, KEEP_ATTRIBUTES));

  /** Returns the values of the section's settings. */
  public static WriteSettings of(PluginSettings settings) {
    return new WriteSettings(
        settings.get(PART_SIZE),
        settings.get(REQUESTS),
        settings.get(REQUESTS_PER_FILE),
        settings.find(KEEP_SIZE),
        settings.get(RENAME_LIMIT),
        settings.get(KEEP_ATTRIBUTES));
  }

  /** Returns how files are written with so much memory in all. */
  public WriteOptions options(long memoryLimit) {
    return new WriteOptions(
        partSize, requests, requestsPerFile, keepSize.orElse(memoryLimit / KEEP_SHARE));
  }
}
