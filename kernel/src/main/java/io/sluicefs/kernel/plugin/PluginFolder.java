// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.plugin;

import com.google.errorprone.annotations.MustBeClosed;
import io.sluicefs.spi.Axis;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.module.Configuration;
import java.lang.module.FindException;
import java.lang.module.ModuleDescriptor;
import java.lang.module.ModuleFinder;
import java.lang.module.ModuleReference;
import java.lang.module.ResolutionException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.jar.JarFile;
import java.util.jar.Manifest;
import java.util.stream.Collectors;
import java.util.stream.Stream;

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
  private static final String NATIVE_ACCESS = "Sluice-Native-Access";

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
  @SuppressWarnings("MustBeClosedChecker") // the loader is the folder's, or closed on failure
  static PluginFolder open(Path folder, ModuleLayer parent) throws PluginException {
    Set<ModuleReference> modules = modules(folder, parent);
    Set<Axis> axes = axes(modules);
    if (axes.isEmpty()) {
      throw new PluginException(folder + ": no module in it provides a plugin");
    }
    URLClassLoader libraries = libraries(folder);
    try {
      ModuleLayer layer = layer(folder, modules, parent, libraries);
      List<Plugin> plugins = new ArrayList<>();
      for (Axis axis : axes) {
        for (Plugin plugin :
            PluginService.find(
                layer, axis, module -> layer.equals(module.getLayer()), folder.toString())) {
          if (plugins.stream().anyMatch(other -> other.is(axis, plugin.descriptor().name()))) {
            throw new PluginException(
                "%s: provides %s.%s twice"
                    .formatted(folder, axis.section(), plugin.descriptor().name()));
          }
          plugins.add(plugin);
        }
      }
      return new PluginFolder(libraries, plugins);
    } catch (PluginException | RuntimeException | Error e) {
      close(libraries);
      throw e;
    }
  }

  /** Returns what the folder provides; at least one. */
  List<Plugin> plugins() {
    return plugins;
  }

  private static Set<ModuleReference> modules(Path folder, ModuleLayer parent)
      throws PluginException {
    refuseWorldWritable(folder);
    Set<ModuleReference> modules;
    try {
      modules = ModuleFinder.of(jars(folder).toArray(Path[]::new)).findAll();
    } catch (FindException e) {
      throw new PluginException(
          folder + ": a jar in it cannot be read: " + e.getMessage() + because(e), e);
    }
    for (ModuleReference module : modules) {
      ModuleDescriptor descriptor = module.descriptor();
      if (parent.findModule(descriptor.name()).isPresent()) {
        throw new PluginException(
            "%s: contains the module %s, which Sluice itself brings; remove %s"
                .formatted(folder, descriptor.name(), fileName(module)));
      }
      if (descriptor.isAutomatic()) {
        throw new PluginException(
            "%s: %s is not a named module; move it to %s"
                .formatted(folder, fileName(module), folder.resolve("classpath")));
      }
    }
    return modules;
  }

  private static Set<Axis> axes(Set<ModuleReference> modules) {
    Set<String> services =
        modules.stream()
            .flatMap(module -> module.descriptor().provides().stream())
            .map(ModuleDescriptor.Provides::service)
            .collect(Collectors.toSet());
    return Stream.of(Axis.values())
        .filter(axis -> services.contains(PluginService.type(axis).getName()))
        .collect(Collectors.toSet());
  }

  @MustBeClosed
  private static URLClassLoader libraries(Path folder) throws PluginException {
    Path classpath = folder.resolve("classpath");
    List<URL> urls = new ArrayList<>();
    if (Files.isDirectory(classpath)) {
      refuseWorldWritable(classpath);
      for (Path jar : jars(classpath)) {
        if (jar.getFileName().toString().matches("sluice-spi-\\d.*")) {
          throw new PluginException(
              "%s: contains the SPI, which Sluice itself brings; remove %s"
                  .formatted(folder, classpath.relativize(jar)));
        }
        try {
          urls.add(jar.toUri().toURL());
        } catch (MalformedURLException e) {
          throw new PluginException(jar + ": not a usable file name", e);
        }
      }
    }
    return new URLClassLoader(
        folder.getFileName() + "/classpath",
        urls.toArray(URL[]::new),
        ClassLoader.getPlatformClassLoader());
  }

  @SuppressWarnings("restricted") // native access is enabled where the plugin's jar declares it
  private static ModuleLayer layer(
      Path folder, Set<ModuleReference> modules, ModuleLayer parent, ClassLoader libraries)
      throws PluginException {
    Set<String> names = new HashSet<>();
    modules.forEach(module -> names.add(module.descriptor().name()));
    ModuleLayer.Controller controller;
    try {
      Configuration configuration =
          parent
              .configuration()
              .resolve(
                  ModuleFinder.of(jars(folder).toArray(Path[]::new)), ModuleFinder.of(), names);
      controller =
          ModuleLayer.defineModulesWithOneLoader(configuration, List.of(parent), libraries);
    } catch (FindException | ResolutionException | LayerInstantiationException e) {
      throw new PluginException(
          folder + ": its modules do not fit together: " + PluginService.reason(e), e);
    }
    for (ModuleReference reference : modules) {
      Module module = controller.layer().findModule(reference.descriptor().name()).orElseThrow();
      controller.addReads(module, libraries.getUnnamedModule());
      if (declaresNativeAccess(reference)) {
        controller.enableNativeAccess(module);
      }
    }
    return controller.layer();
  }

  private static boolean declaresNativeAccess(ModuleReference module) throws PluginException {
    Path jar = Path.of(module.location().orElseThrow());
    try (JarFile file = new JarFile(jar.toFile())) {
      Manifest manifest = file.getManifest();
      return manifest != null
          && Boolean.parseBoolean(manifest.getMainAttributes().getValue(NATIVE_ACCESS));
    } catch (IOException e) {
      throw new PluginException(jar + ": its manifest cannot be read: " + e.getMessage(), e);
    }
  }

  private static List<Path> jars(Path folder) throws PluginException {
    try (Stream<Path> files = Files.list(folder)) {
      List<Path> jars =
          files.filter(file -> file.getFileName().toString().endsWith(".jar")).sorted().toList();
      for (Path jar : jars) {
        refuseWorldWritable(jar);
      }
      return jars;
    } catch (IOException | UncheckedIOException e) {
      throw new PluginException(folder + ": cannot be listed: " + e.getMessage(), e);
    }
  }

  static void refuseWorldWritable(Path path) throws PluginException {
    try {
      if (Files.getPosixFilePermissions(path).contains(PosixFilePermission.OTHERS_WRITE)) {
        throw new PluginException(
            "%s: every user can put code there; chmod o-w %s".formatted(path, path));
      }
    } catch (IOException e) {
      throw new PluginException(path + ": cannot be read: " + e.getMessage(), e);
    }
  }

  private static String because(Throwable failure) {
    return Optional.ofNullable(failure.getCause())
        .map(cause -> " (" + PluginService.reason(cause) + ")")
        .orElse("");
  }

  private static String fileName(ModuleReference module) {
    return module
        .location()
        .map(location -> Path.of(location).getFileName().toString())
        .orElseGet(() -> module.descriptor().name());
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
