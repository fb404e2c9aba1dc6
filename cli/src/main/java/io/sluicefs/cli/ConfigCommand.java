// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cli;

import io.sluicefs.kernel.config.ConfigReference;
import io.sluicefs.kernel.config.Configuration;
import io.sluicefs.kernel.config.PluginChoice;
import io.sluicefs.kernel.mount.MountException;
import io.sluicefs.kernel.plugin.Plugin;
import io.sluicefs.kernel.plugin.PluginCatalog;
import io.sluicefs.kernel.plugin.PluginException;
import io.sluicefs.spi.Axis;
import io.sluicefs.spi.SettingException;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Answers questions about configurations. */
@Command(
    name = "config",
    description = "Checks a configuration, or prints every setting there is.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    footerHeading = "%nExamples:%n",
    footer = {
      "  sluice config check -c /etc/sluice/models.conf",
      "  sluice config reference > reference.conf"
    })
final class ConfigCommand implements Runnable {
  @Spec
  @SuppressWarnings("NullAway.Init") // set by picocli
  private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "expected check or reference");
  }

  @Command(
      name = "check",
      description = "Says what is wrong with a configuration, and where; mounts nothing.",
      mixinStandardHelpOptions = true,
      versionProvider = Version.class)
  int check(@Mixin ConfigurationOptions options)
      throws SettingException, PluginException, MountException {
    Configuration configuration = options.load();
    List<PluginChoice> choices = new ArrayList<>();
    choices.add(configuration.plugin(Axis.TRANSPORT));
    choices.addAll(configuration.caches());
    choices.addAll(configuration.prefetchers());
    choices.add(configuration.plugin(Axis.FUSE));
    try (PluginCatalog plugins = Home.plugins()) {
      for (PluginChoice choice : choices) {
        configuration.settings(choice, plugins.find(choice).descriptor());
      }
    }
    spec.commandLine().getOut().println(options.file() + ": no errors");
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
