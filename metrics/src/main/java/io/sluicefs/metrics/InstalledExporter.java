// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.metrics;

import java.io.IOException;
import java.lang.module.Configuration;
import java.lang.module.FindException;
import java.lang.module.ModuleFinder;
import java.lang.module.ResolutionException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.ServiceLoader;
import java.util.Set;

/**
 * What sends OTLP, in a folder of the release with Protobuf and all else it needs: it is loaded in
 * a layer of its own above this one, by mounts that are told to send.
 */
public final class InstalledExporter {
  private static final String MODULE = "io.sluicefs.metrics.otlp";

  private InstalledExporter() {}

  /**
   * Loads it.
   *
   * @throws IOException if it is not installed; the message is one line for a person
   */
  public static MetricsExporter load(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      throw new IOException(
          "metrics.otlp.endpoint is set, and %s, which sends, is not there; unpack the release again"
              .formatted(folder));
    }
    ModuleLayer parent =
        Objects.requireNonNull(
            InstalledExporter.class.getModule().getLayer(), "started with bin/sluice");
    try {
      Configuration configuration =
          parent
              .configuration()
              .resolve(ModuleFinder.of(folder), ModuleFinder.of(), Set.of(MODULE));
      ModuleLayer layer =
          parent.defineModulesWithOneLoader(
              configuration, InstalledExporter.class.getClassLoader());
      return ServiceLoader.load(layer, MetricsExporter.class)
          .findFirst()
          .orElseThrow(
              () -> new IOException(folder + ": is not that of a release; unpack it again"));
    } catch (FindException | ResolutionException | LayerInstantiationException e) {
      throw new IOException(
          "%s: cannot be used: %s; unpack the release again".formatted(folder, e.getMessage()), e);
    }
  }
}
