// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cli;

import io.sluicefs.kernel.plugin.Plugin;
import io.sluicefs.spi.PluginDescriptor;
import io.sluicefs.spi.Setting;
import java.io.PrintWriter;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;

/** Prints plugins, for people or for programs. */
final class PluginListing {
  private static final String ROW = "%-10s %-12s %-16s %-5s %s%n";

  private final PrintWriter out;
  private final List<Plugin> plugins;

  PluginListing(PrintWriter out, List<Plugin> plugins) {
    this.out = out;
    this.plugins =
        plugins.stream()
            .sorted(
                Comparator.comparing((Plugin plugin) -> plugin.descriptor().axis())
                    .thenComparing(plugin -> plugin.descriptor().name()))
            .toList();
  }

  void table(boolean settings) {
    out.printf(ROW, "AXIS", "NAME", "VERSION", "SPI", "FOLDER");
    for (Plugin plugin : plugins) {
      PluginDescriptor descriptor = plugin.descriptor();
      out.printf(
          ROW,
          descriptor.axis().section(),
          descriptor.name(),
          plugin.version().orElse("-"),
          descriptor.spiVersion(),
          plugin.origin());
      if (settings) {
        descriptor.settings().forEach(this::setting);
      }
    }
  }

  private void setting(Setting<?> setting) {
    String defaultText = setting.defaultText();
    out.printf(
        "  %s: %s; %s%n",
        setting.name(),
        setting.expected(),
        setting.isRequired()
            ? "required"
            : defaultText == null ? "no default" : "default " + defaultText);
  }

  void json(List<String> refusals) {
    out.printf(
        "{\"plugins\":%s,\"refused\":%s}%n",
        plugins.stream().map(PluginListing::json).collect(Collectors.joining(",", "[", "]")),
        refusals.stream().map(JsonText::quoted).collect(Collectors.joining(",", "[", "]")));
  }

  private static String json(Plugin plugin) {
    PluginDescriptor descriptor = plugin.descriptor();
    return "{\"axis\":%s,\"name\":%s,\"version\":%s,\"spi\":%s,\"origin\":%s,\"settings\":%s}"
        .formatted(
            JsonText.quoted(descriptor.axis().section()),
            JsonText.quoted(descriptor.name()),
            plugin.version().map(JsonText::quoted).orElse("null"),
            JsonText.quoted(descriptor.spiVersion().toString()),
            JsonText.quoted(plugin.origin()),
            descriptor.settings().stream()
                .map(PluginListing::json)
                .collect(Collectors.joining(",", "[", "]")));
  }

  private static String json(Setting<?> setting) {
    String defaultText = setting.defaultText();
    return "{\"name\":%s,\"expected\":%s,\"default\":%s,\"required\":%s,\"secret\":%s,\"description\":%s}"
        .formatted(
            JsonText.quoted(setting.name()),
            JsonText.quoted(setting.expected()),
            defaultText == null ? "null" : JsonText.quoted(defaultText),
            setting.isRequired(),
            setting.isSecret(),
            JsonText.quoted(setting.description()));
  }
}
