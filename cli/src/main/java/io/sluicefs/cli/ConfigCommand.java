// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cli;

import io.sluicefs.kernel.config.ConfigReference;
import io.sluicefs.kernel.config.Configuration;
import io.sluicefs.kernel.config.EffectiveSetting;
import io.sluicefs.kernel.config.PluginChoice;
import io.sluicefs.kernel.control.ControlException;
import io.sluicefs.kernel.mount.MountException;
import io.sluicefs.kernel.plugin.Plugin;
import io.sluicefs.kernel.plugin.PluginCatalog;
import io.sluicefs.kernel.plugin.PluginException;
import io.sluicefs.spi.Axis;
import io.sluicefs.spi.PluginDescriptor;
import io.sluicefs.spi.SettingException;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Answers questions about configurations. */
@Command(
    name = "config",
    description =
        "Checks or shows a configuration, prints every setting there is, or takes over one of"
            + " ossfs2.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    footerHeading = "%nExamples:%n",
    footer = {
      "  sluice config check -c /etc/sluice/models.conf",
      "  sluice config show --origin -c /etc/sluice/models.conf",
      "  sluice config show --origin /mnt/models",
      "  sluice config reference > reference.conf",
      "  sluice config import -o models.conf --credentials-file models.keys /etc/ossfs2.conf"
    })
final class ConfigCommand implements Runnable {
  @Spec
  @SuppressWarnings("NullAway.Init") // set by picocli
  private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "expected check, show, reference or import");
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
      description = {
        "Prints every setting as a mount would have it; secrets are left out.",
        "Of a running mount what it goes by now, changes by sluice set included."
      },
      mixinStandardHelpOptions = true,
      versionProvider = Version.class)
  int show(
      @Option(
              names = {"-c", "--config"},
              paramLabel = "FILE",
              description = "The configuration, a HOCON file.")
          @Nullable Path file,
      @Option(
              names = "--set",
              paramLabel = "path=value",
              description = "A setting that wins over the file; may be repeated.")
          @Nullable List<String> overrides,
      @Parameters(
              arity = "0..1",
              paramLabel = "MOUNTPOINT",
              description = "A running mount, in place of a file.")
          @Nullable Path mountpoint,
      @Option(
              names = "--origin",
              description =
                  "Say where each value is from: file and line, environment, command line, sluice"
                      + " set, default.")
          boolean origin)
      throws SettingException, PluginException, MountException, ControlException {
    PrintWriter out = spec.commandLine().getOut();
    for (EffectiveSetting setting : settings(file, overrides, mountpoint)) {
      String text = setting.text();
      String line =
          text == null
              ? "# " + setting.path() + " is not given"
              : setting.path() + " = " + JsonText.quoted(text);
      out.println(origin ? "%-56s # %s".formatted(line, setting.origin()) : line);
    }
    out.flush();
    return ExitStatus.OK;
  }

  private List<EffectiveSetting> settings(
      @Nullable Path file, @Nullable List<String> overrides, @Nullable Path mountpoint)
      throws SettingException, PluginException, MountException, ControlException {
    if (mountpoint != null && file == null && overrides == null) {
      return new JsonFields(RunningMount.of(mountpoint).ask("settings", Map.of()))
          .objects("settings").stream()
              .map(
                  setting ->
                      new EffectiveSetting(
                          setting.text("path"),
                          setting.has("value") ? setting.text("value") : null,
                          setting.text("origin")))
              .toList();
    }
    if (mountpoint != null || file == null) {
      throw new ParameterException(
          spec.commandLine(), "expected either -c FILE or the MOUNTPOINT of a running mount");
    }
    Configuration configuration =
        Configuration.load(file, Objects.requireNonNullElse(overrides, List.of()));
    try (PluginCatalog plugins = Home.plugins()) {
      return configuration.effective(chosen(configuration, plugins));
    }
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

  @Command(
      name = "import",
      description = {
        "Says in settings of Sluice what a configuration of ossfs2 says.",
        "Each setting names the option it comes from; options that have no counterpart are named"
            + " on the error stream and at the end, with the reason. Secrets are not printed."
      },
      mixinStandardHelpOptions = true,
      versionProvider = Version.class)
  int importOssfs2(
      @Parameters(paramLabel = "FILE", description = "What ossfs2 is given with -c.") Path file,
      @Option(
              names = {"-o", "--output"},
              paramLabel = "FILE",
              description = "Where to write the configuration; to the output when not given.")
          @Nullable Path output,
      @Option(
              names = "--credentials-file",
              paramLabel = "FILE",
              description =
                  "A new file for the access key, that this user alone can read; the configuration"
                      + " then refers to it. Without, the access key is left where it is, and"
                      + " expected in the environment.")
          @Nullable Path credentials)
      throws SettingException {
    Ossfs2Import imported =
        Ossfs2Import.of(file, credentials == null ? null : credentials.toAbsolutePath());
    if (credentials != null) {
      imported
          .keys()
          .orElseThrow(
              () ->
                  new SettingException(
                      "%s has no access key; leave --credentials-file out".formatted(file)))
          .writeProfile(credentials);
    }
    HoconDraft draft = imported.draft();
    String text = draft.text("Imported from " + file.toAbsolutePath() + ", a file of ossfs2.");
    if (output == null) {
      spec.commandLine().getOut().print(text);
      spec.commandLine().getOut().flush();
    } else {
      write(output, text);
    }
    draft
        .remarks()
        .forEach(remark -> spec.commandLine().getErr().println("not carried over: " + remark));
    return ExitStatus.OK;
  }

  private static void write(Path output, String text) throws SettingException {
    try {
      Files.writeString(output, text, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    } catch (FileAlreadyExistsException e) {
      throw new SettingException(output + ": is there already; remove it or name another file");
    } catch (IOException e) {
      throw new SettingException(
          "%s: cannot be written: %s"
              .formatted(output, Objects.requireNonNullElse(e.getMessage(), e.toString())));
    }
  }
}
