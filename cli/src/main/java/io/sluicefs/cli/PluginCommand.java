// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cli;

import io.sluicefs.kernel.mount.MountException;
import io.sluicefs.kernel.plugin.Plugin;
import io.sluicefs.kernel.plugin.PluginCatalog;
import io.sluicefs.kernel.plugin.PluginException;
import io.sluicefs.spi.PluginDescriptor;
import java.io.PrintWriter;
import java.util.Comparator;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Answers questions about plugins. */
@Command(
    name = "plugin",
    description = "Lists the installed plugins.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    footerHeading = "%nExamples:%n",
    footer = "  sluice plugin list")
final class PluginCommand implements Runnable {
  @Spec
  @SuppressWarnings("NullAway.Init") // set by picocli
  private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "expected list");
  }

  @Command(
      name = "list",
      description = "Lists the installed plugins, and on the error stream those that are refused.",
      mixinStandardHelpOptions = true,
      versionProvider = Version.class)
  int list() throws PluginException, MountException {
    try (PluginCatalog catalog = Home.plugins()) {
      List<Plugin> plugins =
          catalog.all().stream()
              .sorted(
                  Comparator.comparing((Plugin plugin) -> plugin.descriptor().axis())
                      .thenComparing(plugin -> plugin.descriptor().name()))
              .toList();
      PrintWriter out = spec.commandLine().getOut();
      out.printf("%-10s %-20s %-5s %s%n", "AXIS", "NAME", "SPI", "FOLDER");
      for (Plugin plugin : plugins) {
        PluginDescriptor descriptor = plugin.descriptor();
        out.printf(
            "%-10s %-20s %-5s %s%n",
            descriptor.axis().section(),
            descriptor.name(),
            descriptor.spiVersion(),
            plugin.origin());
      }
      out.flush();
      catalog
          .refusals()
          .forEach(refusal -> spec.commandLine().getErr().println("refused: " + refusal));
    }
    return ExitStatus.OK;
  }
}
