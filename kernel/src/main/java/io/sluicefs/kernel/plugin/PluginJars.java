// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.plugin;

import io.sluicefs.spi.Axis;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.module.FindException;
import java.lang.module.ModuleDescriptor;
import java.lang.module.ModuleFinder;
import java.lang.module.ModuleReference;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The jars of a plugin folder, of which nothing has run yet.
 *
 * @param paths of those in the folder itself
 * @param modules in these
 * @param libraries jars in its {@code classpath/}
 */
record PluginJars(List<Path> paths, List<ModuleReference> modules, List<Path> libraries) {
  /**
   * Reads a folder, and adds what is wrong with it to {@code defects}.
   *
   * @param parent the layer of the kernel and the SPI
   */
  static PluginJars read(Path folder, ModuleLayer parent, List<PluginException> defects)
      throws PluginException {
    CodeOwners owners = CodeOwners.of(Objects.requireNonNull(folder.toAbsolutePath().getParent()));
    check(owners, folder, defects);
    List<Path> paths = in(folder, owners, defects);
    Map<String, ModuleReference> modules = new LinkedHashMap<>();
    for (Path path : paths) {
      for (ModuleReference module : modulesOf(folder, path, defects)) {
        checkModule(folder, module, parent, defects);
        ModuleReference other = modules.putIfAbsent(module.descriptor().name(), module);
        if (other != null) {
          defects.add(
              new PluginException(
                  "%s: %s and %s are both the module %s; remove one of them"
                      .formatted(
                          folder, fileName(other), fileName(module), module.descriptor().name())));
        }
      }
    }
    PluginJars jars =
        new PluginJars(paths, List.copyOf(modules.values()), libraries(folder, owners, defects));
    if (defects.isEmpty() && jars.axes().isEmpty()) {
      defects.add(new PluginException(folder + ": no module in it provides a plugin"));
    }
    return jars;
  }

  /** Returns the axes the modules say they provide plugins of. */
  Set<Axis> axes() {
    Set<String> services =
        modules.stream()
            .flatMap(module -> module.descriptor().provides().stream())
            .map(ModuleDescriptor.Provides::service)
            .collect(Collectors.toSet());
    Set<Axis> axes = EnumSet.allOf(Axis.class);
    axes.removeIf(axis -> !services.contains(PluginService.type(axis).getName()));
    return axes;
  }

  /** Returns the jars right in a folder. */
  static List<Path> in(Path folder) throws PluginException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(file -> file.getFileName().toString().endsWith(".jar")).sorted().toList();
    } catch (IOException | UncheckedIOException e) {
      throw new PluginException(folder + ": cannot be listed: " + e.getMessage(), e);
    }
  }

  private static List<Path> in(Path folder, CodeOwners owners, List<PluginException> defects)
      throws PluginException {
    List<Path> jars = in(folder);
    jars.forEach(jar -> check(owners, jar, defects));
    return jars;
  }

  private static Set<ModuleReference> modulesOf(
      Path folder, Path jar, List<PluginException> defects) {
    try {
      return ModuleFinder.of(jar).findAll();
    } catch (FindException e) {
      defects.add(
          new PluginException(
              folder + ": a jar in it cannot be read: " + e.getMessage() + because(e), e));
      return Set.of();
    }
  }

  private static void checkModule(
      Path folder, ModuleReference module, ModuleLayer parent, List<PluginException> defects) {
    ModuleDescriptor descriptor = module.descriptor();
    if (parent.findModule(descriptor.name()).isPresent()) {
      defects.add(
          new PluginException(
              "%s: contains the module %s, which Sluice itself brings; remove %s"
                  .formatted(folder, descriptor.name(), fileName(module))));
    } else if (descriptor.isAutomatic()) {
      defects.add(
          new PluginException(
              "%s: %s is not a named module; move it to %s"
                  .formatted(folder, fileName(module), folder.resolve("classpath"))));
    }
  }

  private static List<Path> libraries(Path folder, CodeOwners owners, List<PluginException> defects)
      throws PluginException {
    Path classpath = folder.resolve("classpath");
    if (!Files.isDirectory(classpath)) {
      return List.of();
    }
    check(owners, classpath, defects);
    List<Path> jars = new ArrayList<>(in(classpath, owners, defects));
    for (Path jar : jars) {
      if (jar.getFileName().toString().matches("sluice-spi-\\d.*")) {
        defects.add(
            new PluginException(
                "%s: contains the SPI, which Sluice itself brings; remove %s"
                    .formatted(folder, folder.relativize(jar))));
      }
    }
    return jars;
  }

  private static void check(CodeOwners owners, Path path, List<PluginException> defects) {
    try {
      owners.check(path);
    } catch (PluginException e) {
      defects.add(e);
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
}
