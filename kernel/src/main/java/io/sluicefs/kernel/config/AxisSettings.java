// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.config;

import io.sluicefs.spi.Axis;
import io.sluicefs.spi.Setting;
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
          text -> {
            List<String> names = List.of(text.strip().split("\\s*,\\s*"));
            if (names.stream().anyMatch(String::isEmpty)) {
              throw new IllegalArgumentException("an empty name");
            }
            return names;
          });

  private AxisSettings() {}

  /** Returns the kernel's settings in the section of {@code axis}. */
  public static List<Setting<?>> of(Axis axis) {
    return switch (axis) {
      case CACHE -> List.of(TIERS);
      case TRANSPORT, PREFETCH, FUSE -> List.of(USE);
    };
  }
}
