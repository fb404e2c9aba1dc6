// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.config;

import io.sluicefs.spi.Axis;
import io.sluicefs.spi.Setting;
import java.nio.file.Path;
import java.util.List;

/** The kernel's own settings in the section of an axis, beside those of its plugins. */
public final class AxisSettings {
  static final Setting<String> USE =
      Setting.string("use", "Which plugin to use, when the section has settings of several.");

  static final Setting<List<String>> TIERS =
      Setting.<List<String>>of(
          "tiers",
          "names with commas between them, such as [memory, disk]",
          "The caches to use, nearest to the reader first; those the section has when not given.",
          AxisSettings::names);

  static final Setting<List<String>> PREFETCHERS =
      Setting.<List<String>>of(
          "use",
          "names with commas between them, such as [model, sequential]",
          "The plugins to use: each leaves the files it does not know to the next. Request sizes and"
              + " numbers are the first one's.",
          AxisSettings::names);

  static final Setting<Path> RECORD =
      Setting.path(
          "record",
          "File that is written with what was read, in which order, at unmount and every minute"
              + " before.");

  static final Setting<Path> REPLAY =
      Setting.path(
          "replay",
          "File that record wrote, on this host or another: what it names is read ahead in its"
              + " order. Other files, and versions, are left to the plugins.");

  private AxisSettings() {}

  /** Returns the kernel's settings in the section of {@code axis}. */
  public static List<Setting<?>> of(Axis axis) {
    return switch (axis) {
      case CACHE -> List.of(TIERS);
      case PREFETCH -> List.of(PREFETCHERS, RECORD, REPLAY);
      case TRANSPORT, FUSE -> List.of(USE);
    };
  }

  private static List<String> names(String text) {
    List<String> names = List.of(text.strip().split("\\s*,\\s*"));
    if (names.stream().anyMatch(String::isEmpty)) {
      throw new IllegalArgumentException("an empty name");
    }
    return names;
  }
}
