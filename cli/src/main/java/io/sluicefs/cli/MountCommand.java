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
import io.sluicefs.kernel.mount.Succession;
import io.sluicefs.kernel.plugin.PluginCatalog;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

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

  @Option(
      names = "--take-over",
      hidden = true,
      paramLabel = "DESCRIPTOR",
      description = "Go on with the session of the daemon that started this one.")
  private @Nullable Integer taken;

  @Spec
  @SuppressWarnings("NullAway.Init") // set by picocli
  private CommandSpec spec;

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
    Logging.start(configuration.log(), log, place.path());
    if (Background.isThis()) {
      Background.redirectErrors(log.orElseThrow());
    }

    Mount closed;
    try (Termination termination = Termination.install(configuration.shutdown().deadline());
        PluginCatalog plugins = Home.plugins();
        Mount mount =
            Mount.open(
                new MountRequest(
                    configuration,
                    plugins,
                    place,
                    nonEmpty,
                    state,
                    log.map(Path::toString).orElse(""),
                    succession(place),
                    termination::holdBack));
        OwnedMetrics metrics = OwnedMetrics.open(configuration, mount)) {
      metrics.url().ifPresent(url -> mount.figures().note("page", url));
      log.ifPresent(file -> mount.figures().note("log", file.toString()));
      mount.settings().onLogging(settings -> Logging.setLevel(settings.level()));
      if (Background.isThis()) {
        Background.ready(log.orElseThrow());
      }
      closed = mount;
      awaitEnd(mount, termination);
    } catch (InterruptedException e) {
      throw new MountException("stopped before " + place.path() + " was mounted", e);
    }
    if (closed.unstored() > 0) {
      throw new MountException(
          "%s: %d files that were written to are not stored; the log says which, and sluice uploads what is kept of them"
              .formatted(place.path(), closed.unstored()));
    }
    return ExitStatus.OK;
  }

  /** A daemon somebody waits for, or whose descriptor somebody passed, has no successor. */
  private Succession succession(Mountpoint place) {
    List<String> arguments =
        spec.root().commandLine().getParseResult().originalArgs().stream()
            .filter(argument -> !argument.startsWith("--take-over"))
            .toList();
    return new Succession(
        Background.isThis() && !place.isDescriptor() ? arguments : List.of(),
        Path.of(System.getProperty("user.dir")),
        taken == null ? OptionalInt.empty() : OptionalInt.of(taken));
  }

  private static void awaitEnd(Mount mount, Termination termination) throws MountException {
    try {
      termination.letThrough();
      mount.awaitUnmount();
    } catch (InterruptedException e) {
      // A signal asks to end: closing the mount is the answer, and then all is well.
      termination.asked(() -> mount.unstored() == 0);
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
