// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cli;

import io.sluicefs.kernel.config.EffectiveSetting;
import io.sluicefs.spi.Setting;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Whether the folders a configuration names can be written, and have the room they leave others.
 */
final class DiskChecks {
  private static final String FLOOR = "free-space-floor";
  private static final Setting<Long> SIZE = Setting.size("size", "Bytes.");

  private final Map<String, EffectiveSetting> settings;

  DiskChecks(Map<String, EffectiveSetting> settings) {
    this.settings = settings;
  }

  List<Finding> findings() {
    List<Finding> findings = new ArrayList<>();
    for (String path : settings.keySet()) {
      if (path.endsWith("." + FLOOR)) {
        String section = path.substring(0, path.length() - FLOOR.length() - 1);
        String folder = text(section + ".path");
        if (folder != null && !folder.isEmpty()) {
          findings.add(folder(section, Path.of(folder)));
        }
      }
    }
    return findings;
  }

  private @Nullable String text(String path) {
    EffectiveSetting setting = settings.get(path);
    return setting == null ? null : setting.text();
  }

  private Finding folder(String section, Path folder) {
    Path existing = folder.toAbsolutePath();
    while (!Files.exists(existing)) {
      Path parent = existing.getParent();
      if (parent == null) {
        break;
      }
      existing = parent;
    }
    if (!Files.isDirectory(existing) || !Files.isWritable(existing)) {
      return Finding.failed(
          section,
          existing + " cannot be written by this user",
          "make %s for this user, or choose another %s.path".formatted(folder, section));
    }
    long floor = SIZE.parse(String.valueOf(text(section + "." + FLOOR)));
    try {
      long free = Files.getFileStore(existing).getUsableSpace();
      return free > floor
          ? Finding.ok(section, "%s has %s free".formatted(folder, ByteCount.text(free)))
          : Finding.failed(
              section,
              "the disk of %s is full: %s free, and %s.%s leaves %s to others"
                  .formatted(folder, ByteCount.text(free), section, FLOOR, ByteCount.text(floor)),
              "free space there, lower %s.%s, or choose another %s.path"
                  .formatted(section, FLOOR, section));
    } catch (IOException e) {
      return Finding.failed(section, folder + ": " + e.getMessage(), "choose another folder");
    }
  }
}
