// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cli;

import io.sluicefs.kernel.mount.MountException;
import io.sluicefs.kernel.plugin.ContractRunner;
import java.lang.module.Configuration;
import java.lang.module.FindException;
import java.lang.module.ModuleFinder;
import java.lang.module.ResolutionException;
import java.nio.file.Path;
import java.util.ServiceLoader;
import java.util.Set;

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

  /** Returns what runs the suites. */
  ContractRunner runner() throws MountException {
    ModuleLayer layer = layer();
    ContractRunner runner =
        ServiceLoader.load(layer, ContractRunner.class)
            .findFirst()
            .orElseThrow(
                () -> new MountException(folder + ": is not that of a release; unpack it again"));
    // JUnit loads classes by name through it.
    Thread.currentThread().setContextClassLoader(runner.getClass().getClassLoader());
    return runner;
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
