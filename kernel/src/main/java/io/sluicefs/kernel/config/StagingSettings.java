// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.config;

import io.sluicefs.kernel.staging.StagingOptions;
import io.sluicefs.spi.PluginSettings;
import io.sluicefs.spi.Setting;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Where bytes are staged that cannot be streamed to the store.
 *
 * @param options the folder and its limits; empty if nothing is to be staged
 */
public record StagingSettings(Optional<StagingOptions> options) {
  /** The folder of root. */
  private static final Path OF_ROOT = Path.of("/var/cache/sluice/staging");

  private static final Setting<Optional<Path>> PATH =
      Setting.<Optional<Path>>of(
          "path",
          "an absolute path, or \"\"",
          "Folder for what is not written in order, of this user alone; nothing is staged, and such"
              + " writes are refused, if it is \"\". When not given it is"
              + " /var/cache/sluice/staging for root and sluice/staging in $XDG_CACHE_HOME or"
              + " ~/.cache for others.",
          StagingSettings::parse);
  private static final Setting<Long> MAX_SIZE =
      Setting.size(
              "max-size",
              "Most bytes in the folder, what dead daemons left included; programs get ENOSPC"
                  + " beyond it.")
          .withDefault("10GiB");
  private static final Setting<Long> FREE_SPACE_FLOOR =
      Setting.size(
              "free-space-floor",
              "Bytes of the folder's disk that are left to others; programs get ENOSPC before.")
          .withDefault("1GiB");

  /** The section. */
  public static final Section SECTION =
      new Section(
          "write.staging",
          "Where bytes are kept that cannot be streamed to the store.",
          List.of(PATH, MAX_SIZE, FREE_SPACE_FLOOR));

  private static Optional<Path> parse(String text) {
    if (text.isEmpty()) {
      return Optional.empty();
    }
    Path path = Path.of(text);
    if (!path.isAbsolute()) {
      throw new IllegalArgumentException("not absolute");
    }
    return Optional.of(path.normalize());
  }

  /** Returns the values of the section's settings. */
  public static StagingSettings of(PluginSettings settings) {
    Optional<Path> path = settings.find(PATH).orElseGet(() -> Optional.of(ofThisUser()));
    return new StagingSettings(
        path.map(
            folder ->
                new StagingOptions(
                    folder, settings.get(MAX_SIZE), settings.get(FREE_SPACE_FLOOR))));
  }

  private static Path ofThisUser() {
    try {
      if (Integer.valueOf(0).equals(Files.getAttribute(Path.of("/proc/self"), "unix:uid"))) {
        return OF_ROOT;
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read the owner of /proc/self", e);
    }
    String cache = System.getenv("XDG_CACHE_HOME");
    Path home =
        cache == null || !cache.startsWith("/")
            ? Path.of(System.getProperty("user.home"), ".cache")
            : Path.of(cache);
    return home.resolve("sluice/staging").toAbsolutePath();
  }
}
