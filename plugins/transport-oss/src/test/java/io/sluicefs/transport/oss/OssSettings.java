// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.transport.oss;

import io.sluicefs.spi.PluginSettings;
import io.sluicefs.spi.SettingException;
import java.util.HashMap;
import java.util.Map;

/** Settings as texts. */
final class OssSettings {
  private OssSettings() {}

  static PluginSettings of(Map<String, String> settings, Map<String, String> more)
      throws SettingException {
    Map<String, PluginSettings.Entry> entries = new HashMap<>();
    settings.forEach((name, text) -> entries.put(name, new PluginSettings.Entry(text, "test: 1")));
    more.forEach((name, text) -> entries.put(name, new PluginSettings.Entry(text, "test: 1")));
    return PluginSettings.of("transport.oss", OssTransportConfig.SETTINGS, entries);
  }
}
