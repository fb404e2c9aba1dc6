// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.spi;

import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The values of one section of the configuration, typed and complete: every key in it is known,
 * every required one is there, every text was accepted by its {@link Setting}. Immutable,
 * thread-safe.
 */
public final class PluginSettings {
  /**
   * A value as it stands in the configuration.
   *
   * @param text the text
   * @param origin where it stands, for an error: {@code sluice.conf: 12}
   */
  public record Entry(String text, String origin) {}

  private final String section;
  private final Map<Setting<?>, Object> values;
  private final Map<Setting<?>, String> origins;

  private PluginSettings(
      String section, Map<Setting<?>, Object> values, Map<Setting<?>, String> origins) {
    this.section = section;
    this.values = values;
    this.origins = origins;
  }

  /**
   * Checks the entries of a section against what it may hold.
   *
   * @param section path of the section, for errors: {@code transport.s3}
   * @param schema every setting the section understands
   * @param entries the section's leaves by name relative to it
   * @throws SettingException at the first key that is unknown, missing or not usable
   */
  public static PluginSettings of(
      String section, Collection<Setting<?>> schema, Map<String, Entry> entries)
      throws SettingException {
    Map<String, Setting<?>> known = new LinkedHashMap<>();
    for (Setting<?> setting : schema) {
      known.put(setting.name(), setting);
    }
    Map<Setting<?>, Object> values = new HashMap<>();
    Map<Setting<?>, String> origins = new HashMap<>();
    for (Map.Entry<String, Entry> given : entries.entrySet()) {
      Setting<?> setting = known.get(given.getKey());
      Entry entry = given.getValue();
      if (setting == null) {
        throw new SettingException(
            "%s: unknown setting %s.%s; known are %s"
                .formatted(
                    entry.origin(), section, given.getKey(), String.join(", ", known.keySet())));
      }
      values.put(setting, parse(section, setting, entry));
      origins.put(setting, entry.origin());
    }
    for (Setting<?> setting : known.values()) {
      if (setting.isRequired() && !values.containsKey(setting)) {
        throw new SettingException(
            "%s.%s is missing; expected %s".formatted(section, setting.name(), setting.expected()));
      }
      String defaultText = setting.defaultText();
      if (defaultText != null && !values.containsKey(setting)) {
        values.put(setting, parse(section, setting, new Entry(defaultText, "default")));
      }
    }
    return new PluginSettings(section, Map.copyOf(values), Map.copyOf(origins));
  }

  private static Object parse(String section, Setting<?> setting, Entry entry)
      throws SettingException {
    try {
      return setting.parse(entry.text());
    } catch (IllegalArgumentException e) {
      throw new SettingException(
          "%s: %s.%s: expected %s"
              .formatted(entry.origin(), section, setting.name(), setting.expected()));
    }
  }

  /**
   * Returns the value of a setting that is required or has a default.
   *
   * @throws IllegalArgumentException if it is neither and the configuration does not give it
   */
  public <T> T get(Setting<T> setting) {
    return find(setting)
        .orElseThrow(
            () -> new IllegalArgumentException(section + "." + setting.name() + " has no value"));
  }

  /**
   * Returns the value of a setting, empty when the configuration does not give it and it has no
   * default.
   */
  @SuppressWarnings("unchecked") // values holds what the setting itself parsed
  public <T> Optional<T> find(Setting<T> setting) {
    return Optional.ofNullable((T) values.get(setting));
  }

  /** Returns where the setting stands in the configuration, or {@code "default"}. */
  public String origin(Setting<?> setting) {
    return origins.getOrDefault(setting, "default");
  }

  /**
   * Returns an error of the plugin about a setting whose text alone was fine, in the form of all
   * others.
   *
   * @param problem what is wrong and what to do, without the setting's name
   */
  public SettingException error(Setting<?> setting, String problem) {
    String origin = origins.get(setting);
    String where = origin == null ? "" : origin + ": ";
    return new SettingException("%s%s.%s: %s".formatted(where, section, setting.name(), problem));
  }

  /** Returns the settings the configuration gives explicitly. */
  public List<Setting<?>> given() {
    return List.copyOf(origins.keySet());
  }
}
