// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cli;

import io.sluicefs.kernel.config.LogSettings;
import io.sluicefs.kernel.mount.MountException;
import io.sluicefs.kernel.plugin.ContractRunner;
import io.sluicefs.kernel.plugin.PluginCatalog;
import io.sluicefs.kernel.plugin.PluginException;
import io.sluicefs.spi.SettingException;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Lists and tests plugins. */
@Command(
    name = "plugin",
    description = "Lists the installed plugins, checks a plugin's folder, or tests a plugin.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    footerHeading = "%nExamples:%n",
    footer = {
      "  sluice plugin list --settings",
      "  sluice plugin check target/plugin",
      "  sluice plugin test transport.s3 -c models.conf",
      "  sluice plugin test memory -c models.conf --set cache.memory.capacity=16MiB"
    })
final class PluginCommand implements Runnable {
  @Spec
  @SuppressWarnings("NullAway.Init") // set by picocli
  private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "expected list, check or test");
  }

  @Command(
      name = "list",
      description = {
        "Lists the installed plugins: axis, name, version, the version of the SPI each was built"
            + " for, and the folder it is in.",
        "Those that are refused are on the error stream, with the reason."
      },
      mixinStandardHelpOptions = true,
      versionProvider = Version.class)
  int list(
      @Option(
              names = "--settings",
              description = "List each plugin's settings too, with what they take and defaults.")
          boolean settings,
      @Option(names = "--json", description = "Print JSON, settings and refusals included.")
          boolean json)
      throws PluginException, MountException {
    try (PluginCatalog catalog = Home.plugins()) {
      PluginListing listing = new PluginListing(spec.commandLine().getOut(), catalog.all());
      if (json) {
        listing.json(catalog.refusals());
      } else {
        listing.table(settings);
        PrintWriter err = spec.commandLine().getErr();
        catalog.refusals().forEach(refusal -> err.println("refused: " + refusal));
      }
    }
    spec.commandLine().getOut().flush();
    return ExitStatus.OK;
  }

  @Command(
      name = "check",
      description = {
        "Says whether a folder would load as a plugin, and if not, everything that is wrong with"
            + " it, a line each; the exit status is then 1.",
        "The plugin is asked for its description, and nothing else of it runs."
      },
      mixinStandardHelpOptions = true,
      versionProvider = Version.class)
  int check(
      @Parameters(paramLabel = "FOLDER", description = "A plugin's folder, installed or not.")
          Path folder)
      throws PluginException, MountException {
    try (PluginCatalog catalog = Home.plugins()) {
      List<String> defects = catalog.check(folder);
      defects.forEach(spec.commandLine().getErr()::println);
      if (!defects.isEmpty()) {
        return ExitStatus.FAILURE;
      }
    }
    spec.commandLine().getOut().println(folder + ": loads");
    return ExitStatus.OK;
  }

  @Command(
      name = "test",
      description = {
        "Runs the contract suite of a plugin's axis against it, as it is installed and configured:"
            + " a line for each test that fails, and the exit status is 1 if one does.",
        "A transport is tested in its bucket, below mount.prefix: what the tests put there they"
            + " delete. A cache has to be one of 16 to 256 blocks, which the suite fills; {folder}"
            + " in a setting is an empty folder at each opening. A FUSE channel is tested with"
            + " mounts in TMPDIR."
      },
      mixinStandardHelpOptions = true,
      versionProvider = Version.class)
  int test(
      @Mixin ConfigurationOptions options,
      @Option(
              names = "--lacks",
              paramLabel = "NAMES",
              split = ",",
              description =
                  "What a FUSE channel does without: names with commas between them, or all.")
          @Nullable List<String> lacks,
      @Option(
              names = "--log",
              paramLabel = "FILE",
              description = "Where to log what is logged meanwhile; nowhere when not given.")
          @Nullable Path log,
      @Parameters(paramLabel = "NAME", description = "A plugin: s3 or transport.s3.") String name)
      throws SettingException, PluginException, MountException, IOException {
    ContractRunner.Request request =
        new ContractRunner.Request(
            Home.folder("plugins"),
            options.file(),
            options.overrides(),
            name,
            lacks == null ? List.of() : lacks);
    if (log == null) {
      Logging.silence();
    } else {
      Logging.start(LogSettings.Level.INFO, Optional.of(log));
    }
    boolean passed =
        new InstalledTestkit(Home.folder("testkit"))
            .runner()
            .run(request, spec.commandLine().getOut());
    return passed ? ExitStatus.OK : ExitStatus.FAILURE;
  }
}
