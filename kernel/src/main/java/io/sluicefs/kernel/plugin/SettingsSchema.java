// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.plugin;

import io.sluicefs.spi.Setting;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What the settings of a descriptor must be together; each by itself was checked when it was made.
 */
final class SettingsSchema {
  private SettingsSchema() {}

  /** Returns what is wrong with the settings, to follow "has"; empty if nothing is. */
  static Optional<String> defect(List<Setting<?>> settings) {
    Set<String> names = new HashSet<>();
    for (Setting<?> setting : settings) {
      if (!names.add(setting.name())) {
        return Optional.of("the setting %s twice; rename one".formatted(setting.name()));
      }
      if (setting.description().isBlank()) {
        return Optional.of(
            "the setting %s without a description; say what it does".formatted(setting.name()));
      }
    }
    for (String name : names) {
      for (int dot = name.indexOf('.'); dot >= 0; dot = name.indexOf('.', dot + 1)) {
        String section = name.substring(0, dot);
        if (names.contains(section)) {
          return Optional.of(
              "the setting %s and the section %s, with %s in it; rename one"
                  .formatted(section, section, name));
        }
      }
    }
    return Optional.empty();
  }
}
