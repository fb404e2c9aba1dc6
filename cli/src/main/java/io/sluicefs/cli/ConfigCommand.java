// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cli;

import io.sluicefs.kernel.config.ConfigReference;
import io.sluicefs.kernel.config.Configuration;
import io.sluicefs.kernel.config.EffectiveSetting;
import io.sluicefs.kernel.config.PluginChoice;
import io.sluicefs.kernel.mount.MountException;
import io.sluicefs.kernel.plugin.Plugin;
import io.sluicefs.kernel.plugin.PluginCatalog;
import io.sluicefs.kernel.plugin.PluginException;
import io.sluicefs.spi.Axis;
import io.sluicefs.spi.PluginDescriptor;
import io.sluicefs.spi.SettingException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Answers questions about configurations. */
@Command(
    name = "config",
    description = "Checks or shows a configuration, or prints every setting there is.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    footerHeading = "%nExamples:%n",
    footer = {
      "  sluice config check -c /etc/sluice/models.conf",
      "  sluice config show --origin -c /etc/sluice/models.conf",
      "  sluice config reference > reference.conf"
    })
final class ConfigCommand implements Runnable {
  @Spec
  @SuppressWarnings("NullAway.Init") // set by picocli
  private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "expected check, show or reference");
  }

  @Command(
      name = "check",
      description = "Says what is wrong with a configuration, and where; mounts nothing.",
      mixinStandardHelpOptions = true,
      versionProvider = Version.class)
  int check(@Mixin ConfigurationOptions options)
      throws SettingException, PluginException, MountException {
    Configuration configuration = options.load();
    try (PluginCatalog plugins = Home.plugins()) {
      for (Map.Entry<PluginChoice, PluginDescriptor> plugin :
          chosen(configuration, plugins).entrySet()) {
        configuration.settings(plugin.getKey(), plugin.getValue());
      }
    }
    spec.commandLine().getOut().println(options.file() + ": no errors");
    return ExitStatus.OK;
  }

  /** Returns the plugins a configuration chooses. */
  static SequencedMap<PluginChoice, PluginDescriptor> chosen(
      Configuration configuration, PluginCatalog plugins) throws SettingException, PluginException {
    List<PluginChoice> choices = new ArrayList<>();
    choices.add(configuration.plugin(Axis.TRANSPORT));
    choices.addAll(configuration.caches());
    choices.addAll(configuration.prefetchers());
    choices.add(configuration.plugin(Axis.FUSE));
    SequencedMap<PluginChoice, PluginDescriptor> chosen = new LinkedHashMap<>();
    for (PluginChoice choice : choices) {
      chosen.put(choice, plugins.find(choice).descriptor());
    }
    return chosen;
  }

  @Command(
      name = "show",
      description = "Prints every setting as a mount would have it; secrets are left out.",
      mixinStandardHelpOptions = true,
      versionProvider = Version.class)
  int show(
      @Mixin ConfigurationOptions options,
      @Option(
              names = "--origin",
              description =
                  "Say where each value is from: file and line, environment, command line, default.")
          boolean origin)
      throws SettingException, PluginException, MountException {
    Configuration configuration = options.load();
    PrintWriter out = spec.commandLine().getOut();
    try (PluginCatalog plugins = Home.plugins()) {
      for (EffectiveSetting setting : configuration.effective(chosen(configuration, plugins))) {
        String text = setting.text();
        String line =
            text == null
                ? "# " + setting.path() + " is not given"
                : setting.path() + " = " + JsonText.quoted(text);
        out.println(origin ? "%-56s # %s".formatted(line, setting.origin()) : line);
      }
    }
    out.flush();
    return ExitStatus.OK;
  }

  @Command(
      name = "reference",
      description = "Prints every setting of the kernel and of the installed plugins.",
      mixinStandardHelpOptions = true,
      versionProvider = Version.class)
  int reference() throws PluginException, MountException {
    try (PluginCatalog plugins = Home.plugins()) {
      spec.commandLine()
          .getOut()
          .print(ConfigReference.of(plugins.all().stream().map(Plugin::descriptor).toList()));
      spec.commandLine().getOut().flush();
    }
    return ExitStatus.OK;
  }
}
