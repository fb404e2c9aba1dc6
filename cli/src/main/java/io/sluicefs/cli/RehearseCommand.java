// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cli;

import io.sluicefs.kernel.config.Configuration;
import io.sluicefs.kernel.config.LogSettings;
import io.sluicefs.kernel.mount.Mount;
import io.sluicefs.kernel.mount.MountRequest;
import io.sluicefs.kernel.mount.Mountpoint;
import io.sluicefs.kernel.mount.StateFolder;
import io.sluicefs.kernel.plugin.PluginCatalog;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * Several mounts in one process, for whoever builds the release: Java's ahead-of-time cache keeps
 * what one process loaded and how it ran, and is to know every transport. Stays until all are
 * unmounted.
 *
 * <p>All mounts share one catalog, because the cache keeps one class of a name.
 */
@Command(
    name = "rehearse",
    hidden = true,
    description = "Mounts several buckets in the foreground; part of building a release.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class)
final class RehearseCommand implements Callable<Integer> {
  /** Command lines nobody mounts with, whose classes are wanted in the cache all the same. */
  private static final List<List<String>> OTHERS =
      List.of(
          List.of("--version"),
          List.of("mount", "--help"),
          List.of("mount"),
          List.of("umount", "/"),
          List.of("status"),
          List.of("config", "reference"),
          List.of("plugin", "list"));

  @Option(
      names = {"-c", "--config"},
      paramLabel = "FILE",
      required = true,
      description = "A configuration for each mountpoint.")
  private List<Path> configurations = new ArrayList<>();

  @Option(
      names = "--log",
      paramLabel = "FILE",
      required = true,
      description = "Where to log, as a daemon does.")
  private Path log = Path.of("");

  @Parameters(paramLabel = "MOUNTPOINT", arity = "1..*")
  private List<Path> mountpoints = new ArrayList<>();

  @Override
  @SuppressWarnings("MustBeClosedChecker") // Java verifies classes at its end and needs the jars
  public Integer call() throws Exception {
    StringWriter ignored = new StringWriter();
    for (List<String> other : OTHERS) {
      String[] words = other.toArray(String[]::new);
      Sluice.commandLine(words)
          .setOut(new PrintWriter(ignored))
          .setErr(new PrintWriter(ignored))
          .execute(words);
    }
    Logging.start(LogSettings.Level.INFO, Optional.of(log));
    StateFolder state = StateFolder.ofThisUser();
    List<Mount> mounts = new ArrayList<>();
    List<OwnedMetrics> metrics = new ArrayList<>();
    PluginCatalog plugins = Home.plugins();
    try {
      for (int i = 0; i < mountpoints.size(); i++) {
        Configuration configuration = Configuration.load(configurations.get(i), List.of());
        Mount mount = mount(plugins, configuration, mountpoints.get(i), state);
        mounts.add(mount);
        metrics.add(OwnedMetrics.open(configuration, mount));
      }
      for (Mount mount : mounts) {
        mount.awaitUnmount();
      }
    } finally {
      metrics.forEach(OwnedMetrics::close);
      mounts.forEach(Mount::close);
    }
    return ExitStatus.OK;
  }

  @SuppressWarnings("MustBeClosedChecker") // closed when all are unmounted
  private Mount mount(
      PluginCatalog plugins, Configuration configuration, Path mountpoint, StateFolder state)
      throws Exception {
    return Mount.open(
        new MountRequest(
            configuration, plugins, Mountpoint.of(mountpoint), false, state, log.toString()));
  }
}
