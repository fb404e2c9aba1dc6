// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.plugin.test;

import com.google.errorprone.annotations.MustBeClosed;
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
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * A plugin that is tested, with its configuration and a folder for what the tests leave, which goes
 * when this is closed.
 *
 * <p>{@code {folder}} in a setting stands for another empty folder each time the plugin is opened:
 * for a cache on a disk, whose blocks must not be there in the next test.
 */
final class InstalledPlugin implements AutoCloseable {
  private static final String FOLDER = "{folder}";

  private final Plugin plugin;
  private final Map<String, String> texts;
  private final String prefix;
  private final Set<Capability> lacks;
  private final Path folder;

  @MustBeClosed
  private InstalledPlugin(
      Plugin plugin, Map<String, String> texts, String prefix, Set<Capability> lacks)
      throws IOException {
    this.plugin = plugin;
    this.texts = texts;
    this.prefix = prefix;
    this.lacks = lacks;
    this.folder = Files.createTempDirectory("sluice-plugin-test");
  }

  /**
   * Finds a plugin and checks its settings.
   *
   * @param name with or without axis
   */
  @MustBeClosed
  static InstalledPlugin find(
      PluginCatalog catalog, Configuration configuration, String name, Set<Capability> lacks)
      throws SettingException, PluginException, IOException {
    Plugin plugin = installed(catalog, name);
    PluginChoice choice =
        new PluginChoice(plugin.descriptor().axis(), plugin.descriptor().name(), "command line");
    // Opens its own folder only, and says why that is refused.
    Plugin found = catalog.find(choice);
    PluginSettings _ = configuration.settings(choice, found.descriptor());
    return new InstalledPlugin(
        found, configuration.texts(choice), configuration.mount().prefix(), lacks);
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
    texts.forEach(
        (name, text) ->
            settings.put(
                name,
                text.contains(FOLDER) ? text.replace(FOLDER, emptyFolder().toString()) : text));
    return settings;
  }

  /** Returns what the keys of a mount begin with. */
  String prefix() {
    return prefix;
  }

  Set<Capability> lacks() {
    return lacks;
  }

  /** Makes a folder. */
  Path emptyFolder() {
    try {
      return Files.createTempDirectory(folder, "opened");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
