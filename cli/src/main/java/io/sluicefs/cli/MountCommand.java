// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cli;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import io.sluicefs.kernel.config.Configuration;
import io.sluicefs.kernel.config.LogSettings;
import io.sluicefs.kernel.mount.Mount;
import io.sluicefs.kernel.mount.MountException;
import io.sluicefs.kernel.mount.MountRequest;
import io.sluicefs.kernel.mount.Mountpoint;
import io.sluicefs.kernel.mount.StateFolder;
import io.sluicefs.kernel.plugin.PluginCatalog;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Mounts, and stays until the mount is gone. */
@Command(
    name = "mount",
    description = "Mounts a bucket and returns when the mountpoint answers.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    footerHeading = "%nExamples:%n",
    footer = {
      "  sluice mount -c /etc/sluice/models.conf /mnt/models",
      "  sluice mount -f -c models.conf --set mount.prefix=llama/ --set log.level=debug /mnt/models"
    })
final class MountCommand implements Callable<Integer> {
  @Mixin private ConfigurationOptions configurationOptions = new ConfigurationOptions();

  @Option(
      names = {"-f", "--foreground"},
      description = "Stay in the foreground and log to the error stream.")
  @SuppressWarnings("UnusedVariable") // the launcher reads it
  private boolean foreground;

  @Option(
      names = "--nonempty",
      description = "Mount over a directory with entries, which are hidden meanwhile.")
  private boolean nonEmpty;

  @Parameters(
      paramLabel = "MOUNTPOINT",
      description =
          "An existing directory; or /dev/fd/N, an open descriptor of /dev/fuse that is mounted.")
  private Path mountpoint = Path.of("");

  @Override
  public Integer call() throws Exception {
    Configuration configuration = configurationOptions.load();
    Mountpoint place = Mountpoint.of(mountpoint);
    StateFolder state = StateFolder.ofThisUser();
    Optional<Path> log = logFile(configuration.log(), place, state);
    Logging.start(configuration.log(), log);
    if (Background.isThis()) {
      Background.redirectErrors(log.orElseThrow());
    }

    try (Termination termination = Termination.install();
        PluginCatalog plugins = Home.plugins();
        Mount mount =
            Mount.open(
                new MountRequest(
                    configuration,
                    plugins,
                    place,
                    nonEmpty,
                    state,
                    log.map(Path::toString).orElse("")));
        OwnedMetrics metrics = OwnedMetrics.open(configuration.metrics(), mount.figures())) {
      metrics.url().ifPresent(url -> mount.figures().note("page", url));
      log.ifPresent(file -> mount.figures().note("log", file.toString()));
      mount.answer("set", new LiveSettings());
      if (Background.isThis()) {
        Background.ready(log.orElseThrow());
      }
      awaitEnd(mount, termination);
      return ExitStatus.OK;
    } catch (InterruptedException e) {
      throw new MountException("stopped before " + place.path() + " was mounted", e);
    }
  }

  private static void awaitEnd(Mount mount, Termination termination) throws MountException {
    try {
      mount.awaitUnmount();
    } catch (InterruptedException e) {
      // A signal asks to end: closing the mount is the answer, and then all is well.
      termination.asked();
    }
  }

  private Optional<Path> logFile(LogSettings settings, Mountpoint place, StateFolder state)
      throws MountException {
    for (Optional<Path> access : List.of(settings.operations(), settings.requests())) {
      if (access.isPresent()) {
        outside(access.get(), "log", place);
      }
    }
    if (settings.file().isEmpty() && !Background.isThis()) {
      return Optional.empty();
    }
    if (settings.file().isEmpty()) {
      state.create();
    }
    Path file = settings.file().orElseGet(() -> state.log(place));
    return Optional.of(outside(file, "log.file", place));
  }

  @CanIgnoreReturnValue
  private static Path outside(Path file, String setting, Mountpoint place) throws MountException {
    if (file.startsWith(place.path())) {
      throw new MountException(
          "%s: %s is inside the mountpoint %s; log elsewhere"
              .formatted(setting, file, place.path()));
    }
    return file;
  }
}
