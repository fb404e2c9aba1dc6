// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.plugin.test;

import io.sluicefs.kernel.config.Configuration;
import io.sluicefs.kernel.config.PluginChoice;
import io.sluicefs.kernel.plugin.Plugin;
import io.sluicefs.kernel.plugin.PluginCatalog;
import io.sluicefs.kernel.plugin.PluginException;
import io.sluicefs.spi.Axis;
import io.sluicefs.spi.PluginSettings;
import io.sluicefs.spi.SettingException;
import io.sluicefs.spi.testkit.fuse.Capability;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A plugin that is tested, with its configuration. */
record InstalledPlugin(
    Plugin plugin,
    Map<String, String> texts,
    String prefix,
    Set<Capability> lacks,
    TestFolder folder) {
  /**
   * Finds a plugin and checks its settings.
   *
   * @param name with or without axis
   * @param lacks what a FUSE channel does without
   */
  static InstalledPlugin find(
      PluginCatalog catalog,
      Configuration configuration,
      String name,
      Set<Capability> lacks,
      TestFolder folder)
      throws SettingException, PluginException, IOException {
    Plugin plugin = installed(catalog, name);
    PluginChoice choice =
        new PluginChoice(plugin.descriptor().axis(), plugin.descriptor().name(), "command line");
    PluginSettings _ = configuration.settings(choice, plugin.descriptor());
    return new InstalledPlugin(
        plugin, configuration.texts(choice), configuration.mount().prefix(), lacks, folder);
  }

  private static Plugin installed(PluginCatalog catalog, String name)
      throws PluginException, IOException {
    List<Plugin> all = catalog.all();
    List<Plugin> meant =
        all.stream()
            .filter(plugin -> plugin.id().equals(name) || plugin.descriptor().name().equals(name))
            .toList();
    if (meant.size() == 1) {
      return meant.getFirst();
    }
    List<String> lines = new ArrayList<>();
    (meant.isEmpty() ? all : meant).forEach(plugin -> lines.add(plugin.id()));
    String refused =
        catalog.refusals().isEmpty() ? "" : "; refused: " + String.join("; ", catalog.refusals());
    throw new IOException(
        "%s: %s %s%s"
            .formatted(
                name,
                meant.isEmpty() ? "no such plugin; installed are" : "which of",
                String.join(", ", lines),
                refused));
  }

  Axis axis() {
    return plugin.descriptor().axis();
  }

  String id() {
    return plugin.id();
  }

  <P> P provider(Class<P> type) {
    return type.cast(plugin.provider());
  }

  /** Returns the settings to open it with once. */
  Map<String, String> settings() {
    Map<String, String> settings = new LinkedHashMap<>();
    texts.forEach((name, text) -> settings.put(name, folder.resolved(text)));
    return settings;
  }
}
