// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cli;

import io.sluicefs.kernel.mount.MountException;
import java.io.PrintWriter;
import java.lang.module.Configuration;
import java.lang.module.FindException;
import java.lang.module.ModuleFinder;
import java.lang.module.ResolutionException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.spi.ToolProvider;

/**
 * The contract suites and JUnit, in a folder of the release that no mount reads: they are loaded in
 * a layer of their own, above this one.
 */
final class InstalledTestkit {
  private static final String MODULE = "io.sluicefs.plugin.test";

  private final Path folder;

  InstalledTestkit(Path folder) {
    this.folder = folder;
  }

  /** Tests an installed plugin, and returns the exit status. */
  int run(
      PrintWriter out,
      PrintWriter err,
      Path plugins,
      ConfigurationOptions options,
      String name,
      String lacks)
      throws MountException {
    List<String> arguments =
        new ArrayList<>(List.of(plugins.toString(), options.file().toString(), name, lacks));
    arguments.addAll(options.overrides());
    ModuleLayer layer = layer();
    ToolProvider test =
        ServiceLoader.load(layer, ToolProvider.class).stream()
            .filter(tool -> layer.equals(tool.type().getModule().getLayer()))
            .findFirst()
            .orElseThrow(() -> new MountException(folder + ": unpack the release again"))
            .get();
    // JUnit loads classes by name through it.
    Thread.currentThread().setContextClassLoader(test.getClass().getClassLoader());
    int status = test.run(out, err, arguments.toArray(String[]::new));
    out.flush();
    err.flush();
    return status;
  }

  private ModuleLayer layer() throws MountException {
    ModuleLayer parent = InstalledTestkit.class.getModule().getLayer();
    if (parent == null) {
      throw new MountException("the modules of lib/ are not there; start with bin/sluice");
    }
    try {
      Configuration configuration =
          parent
              .configuration()
              .resolve(ModuleFinder.of(folder), ModuleFinder.of(), Set.of(MODULE));
      return parent.defineModulesWithOneLoader(
          configuration, InstalledTestkit.class.getClassLoader());
    } catch (FindException | ResolutionException | LayerInstantiationException e) {
      throw new MountException(
          "%s: the testkit of the release cannot be used: %s".formatted(folder, e.getMessage()));
    }
  }
}
