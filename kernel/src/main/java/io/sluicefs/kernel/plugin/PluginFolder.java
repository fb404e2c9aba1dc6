// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.plugin;

import com.google.errorprone.annotations.MustBeClosed;
import io.sluicefs.spi.Axis;
import java.io.IOException;
import java.lang.module.Configuration;
import java.lang.module.FindException;
import java.lang.module.ModuleFinder;
import java.lang.module.ModuleReference;
import java.lang.module.ResolutionException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One installed plugin folder: named modules in the folder itself, other libraries in its {@code
 * classpath/}, all in a module layer and class loaders of its own, so that two plugins may bring
 * different versions of one library.
 *
 * <p>A module whose jar has {@code Sluice-Native-Access: true} in its manifest may call the
 * restricted methods of {@link java.lang.foreign}. The libraries in {@code classpath/} are in an
 * unnamed module, whose native access the launcher enables.
 */
final class PluginFolder implements AutoCloseable {
  private final URLClassLoader libraries;
  private final List<Plugin> plugins;

  private PluginFolder(URLClassLoader libraries, List<Plugin> plugins) {
    this.libraries = libraries;
    this.plugins = List.copyOf(plugins);
  }

  /**
   * Opens a folder and asks its providers for their descriptors.
   *
   * @param parent the layer of the kernel and the SPI
   * @throws PluginException if the folder is refused
   */
  @MustBeClosed
  @SuppressWarnings("MustBeClosedChecker") // returned, or closed on failure
  static PluginFolder open(Path folder, ModuleLayer parent) throws PluginException {
    List<PluginException> defects = new ArrayList<>();
    PluginFolder opened = open(folder, parent, defects);
    if (opened == null || !defects.isEmpty()) {
      if (opened != null) {
        opened.close();
      }
      throw defects.getFirst();
    }
    return opened;
  }

  /**
   * Adds everything that is wrong with a folder to {@code defects}: what {@link #open} refuses it
   * for, and native code it calls though it says that it does not.
   *
   * @return what could be made of it
   * @throws PluginException if it is not there or cannot be listed
   */
  static List<Plugin> check(Path folder, ModuleLayer parent, List<PluginException> defects)
      throws PluginException {
    if (!Files.isDirectory(folder)) {
      throw new PluginException(folder + ": is no folder");
    }
    List<PluginException> refusals = new ArrayList<>();
    try (PluginFolder opened = open(folder, parent, refusals)) {
      defects.addAll(refusals);
      if (opened == null) {
        return List.of();
      }
      for (Path jar : PluginJars.in(folder)) {
        if (!NativeAccess.declared(jar).orElse(true)) {
          NativeAccess.defect(jar).ifPresent(defects::add);
        }
      }
      return opened.plugins;
    } catch (IOException e) {
      throw new PluginException(folder + ": cannot be read: " + e.getMessage(), e);
    }
  }

  /** Returns what can be opened of the folder, if anything. */
  @MustBeClosed
  @SuppressWarnings("MustBeClosedChecker") // the loader is the folder's, or closed on failure
  private static @Nullable PluginFolder open(
      Path folder, ModuleLayer parent, List<PluginException> defects) throws PluginException {
    PluginJars jars = PluginJars.read(folder, parent, defects);
    if (!defects.isEmpty()) {
      return null;
    }
    URLClassLoader libraries = libraries(folder, jars.libraries());
    boolean good = false;
    try {
      ModuleLayer layer = layer(folder, jars, parent, libraries);
      List<Plugin> plugins = new ArrayList<>();
      for (Axis axis : jars.axes()) {
        for (Plugin plugin :
            PluginService.find(
                layer,
                axis,
                module -> layer.equals(module.getLayer()),
                folder.toString(),
                defects)) {
          if (plugins.stream().anyMatch(other -> other.id().equals(plugin.id()))) {
            defects.add(
                new PluginException("%s: provides %s twice".formatted(folder, plugin.id())));
          }
          plugins.add(plugin);
        }
      }
      good = true;
      return new PluginFolder(libraries, plugins);
    } catch (PluginException e) {
      defects.add(e);
      return null;
    } finally {
      if (!good) {
        close(libraries);
      }
    }
  }

  /** Returns what the folder provides; at least one. */
  List<Plugin> plugins() {
    return plugins;
  }

  @MustBeClosed
  private static URLClassLoader libraries(Path folder, List<Path> jars) throws PluginException {
    List<URL> urls = new ArrayList<>();
    for (Path jar : jars) {
      try {
        urls.add(jar.toUri().toURL());
      } catch (MalformedURLException e) {
        throw new PluginException(jar + ": not a usable file name", e);
      }
    }
    return new URLClassLoader(
        folder.getFileName() + "/classpath",
        urls.toArray(URL[]::new),
        ClassLoader.getPlatformClassLoader());
  }

  @SuppressWarnings("restricted") // native access is enabled where the plugin's jar declares it
  private static ModuleLayer layer(
      Path folder, PluginJars jars, ModuleLayer parent, ClassLoader libraries)
      throws PluginException {
    Set<String> names = new HashSet<>();
    jars.modules().forEach(module -> names.add(module.descriptor().name()));
    ModuleLayer.Controller controller;
    try {
      Configuration configuration =
          parent
              .configuration()
              .resolve(
                  ModuleFinder.of(jars.paths().toArray(Path[]::new)), ModuleFinder.of(), names);
      controller =
          ModuleLayer.defineModulesWithOneLoader(configuration, List.of(parent), libraries);
    } catch (FindException | ResolutionException | LayerInstantiationException e) {
      throw new PluginException(
          folder + ": its modules do not fit together: " + PluginService.reason(e), e);
    }
    for (ModuleReference reference : jars.modules()) {
      Module module = controller.layer().findModule(reference.descriptor().name()).orElseThrow();
      controller.addReads(module, libraries.getUnnamedModule());
      if (callsNativeCode(reference)) {
        controller.enableNativeAccess(module);
      }
    }
    return controller.layer();
  }

  private static boolean callsNativeCode(ModuleReference module) throws PluginException {
    Path jar = Path.of(module.location().orElseThrow());
    try {
      Optional<Boolean> declared = NativeAccess.declared(jar);
      Optional<PluginException> defect =
          declared.isPresent() ? Optional.empty() : NativeAccess.defect(jar);
      if (defect.isPresent()) {
        throw defect.get();
      }
      return declared.orElse(false);
    } catch (IOException e) {
      throw new PluginException(jar + ": its manifest cannot be read: " + e.getMessage(), e);
    }
  }

  private static void close(URLClassLoader loader) {
    try {
      loader.close();
    } catch (IOException e) {
      System.getLogger(PluginFolder.class.getName())
          .log(System.Logger.Level.DEBUG, "closing the libraries of a plugin", e);
    }
  }

  @Override
  public void close() {
    close(libraries);
  }
}
