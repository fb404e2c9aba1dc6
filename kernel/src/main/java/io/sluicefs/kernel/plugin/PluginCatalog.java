// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.plugin;

import io.sluicefs.kernel.config.PluginChoice;
import io.sluicefs.spi.Axis;
import io.sluicefs.spi.PluginProvider;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The installed plugins. Folders are opened when they are needed: first the one that is named after
 * the plugin, {@code <axis>-<name>}, and only when that is not there all the others. Used by one
 * thread; close it after everything its plugins opened.
 */
public final class PluginCatalog implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(PluginCatalog.class.getName());

  private final Path root;
  private final ModuleLayer kernel;
  private final List<Plugin> builtIn = new ArrayList<>();
  private final Map<Path, PluginFolder> opened = new LinkedHashMap<>();
  private final Map<Path, PluginException> refused = new LinkedHashMap<>();

  /**
   * Creates a catalog that has opened nothing yet.
   *
   * @param root the folder with the plugin folders; need not exist
   */
  public PluginCatalog(Path root) {
    this(root, Map.of());
  }

  /**
   * Creates a catalog with plugins that are there without a folder, and win over those that have
   * one.
   *
   * @param root the folder with the plugin folders; need not exist
   * @param builtIn providers by their axis
   * @throws IllegalArgumentException if a provider describes itself wrongly
   */
  public PluginCatalog(Path root, Map<Axis, ? extends List<? extends PluginProvider>> builtIn) {
    this.root = root.toAbsolutePath().normalize();
    ModuleLayer layer = PluginCatalog.class.getModule().getLayer();
    this.kernel = layer == null ? ModuleLayer.boot() : layer;
    builtIn.forEach(
        (axis, providers) -> {
          for (PluginProvider provider : providers) {
            try {
              this.builtIn.add(
                  PluginService.describe(provider, axis, provider.getClass().getName()));
            } catch (PluginException e) {
              throw new IllegalArgumentException(e.getMessage(), e);
            }
          }
        });
  }

  /**
   * Returns the plugin the configuration asks for.
   *
   * @throws PluginException if there is none, two folders bring it, or its folder is refused
   */
  public Plugin find(PluginChoice choice) throws PluginException {
    for (Plugin plugin : builtIn) {
      if (plugin.is(choice.axis(), choice.name())) {
        return plugin;
      }
    }
    List<Plugin> found = new ArrayList<>(inOwnFolder(choice));
    if (found.isEmpty()) {
      found.addAll(inKernelLayer(choice.axis()));
      openAll();
      opened.values().forEach(folder -> found.addAll(folder.plugins()));
      found.removeIf(plugin -> !plugin.is(choice.axis(), choice.name()));
    }
    if (found.size() > 1) {
      throw new PluginException(
          "%s: %s is brought by %s and by %s; remove one of them"
              .formatted(
                  choice.origin(),
                  choice.section(),
                  found.getFirst().origin(),
                  found.getLast().origin()));
    }
    if (found.isEmpty()) {
      throw missing(choice);
    }
    return found.getFirst();
  }

  /**
   * Returns every plugin that is installed, opening all folders. Those that are refused are in
   * {@link #refusals}.
   */
  public List<Plugin> all() throws PluginException {
    Map<String, Plugin> plugins = new LinkedHashMap<>();
    builtIn.forEach(plugin -> plugins.putIfAbsent(plugin.id(), plugin));
    for (Axis axis : Axis.values()) {
      inKernelLayer(axis).forEach(plugin -> plugins.putIfAbsent(plugin.id(), plugin));
    }
    openAll();
    for (Map.Entry<Path, PluginFolder> folder : opened.entrySet()) {
      for (Plugin plugin : folder.getValue().plugins()) {
        Plugin other = plugins.putIfAbsent(plugin.id(), plugin);
        if (other != null) {
          refuse(
              folder.getKey(),
              new PluginException(
                  "%s: brings %s, as %s does; remove one of them"
                      .formatted(folder.getKey(), plugin.id(), other.origin())));
        }
      }
    }
    return List.copyOf(plugins.values());
  }

  /**
   * Returns everything that keeps a folder, installed here or not, from being loaded, one line
   * each. It runs what the folder's providers run when they are asked for their descriptors.
   *
   * @throws PluginException if the folder cannot be read at all
   */
  public List<String> check(Path folder) throws PluginException {
    Path checked = folder.toAbsolutePath().normalize();
    List<PluginException> defects = new ArrayList<>();
    List<Plugin> brought = PluginFolder.check(checked, kernel, defects);
    List<String> lines =
        new ArrayList<>(defects.stream().map(e -> String.valueOf(e.getMessage())).toList());
    for (Plugin other : all()) {
      for (Plugin plugin : brought) {
        if (plugin.id().equals(other.id()) && !other.origin().equals(checked.toString())) {
          lines.add(
              "%s: brings %s, as %s does; remove one of them"
                  .formatted(checked, plugin.id(), other.origin()));
        }
      }
    }
    return List.copyOf(lines);
  }

  /** Returns why folders opened so far were refused, one line each. */
  public List<String> refusals() {
    return refused.values().stream().map(e -> String.valueOf(e.getMessage())).toList();
  }

  private List<Plugin> inOwnFolder(PluginChoice choice) throws PluginException {
    Path folder = root.resolve(choice.axis().section() + "-" + choice.name());
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    return open(folder).plugins().stream()
        .filter(plugin -> plugin.is(choice.axis(), choice.name()))
        .toList();
  }

  private List<Plugin> inKernelLayer(Axis axis) throws PluginException {
    return PluginService.find(kernel, axis, module -> true, "module path");
  }

  private void openAll() throws PluginException {
    List<Path> folders;
    try (Stream<Path> children = Files.exists(root) ? Files.list(root) : Stream.empty()) {
      folders = children.filter(Files::isDirectory).sorted().toList();
    } catch (IOException | UncheckedIOException e) {
      throw new PluginException(root + ": cannot be listed: " + e.getMessage(), e);
    }
    for (Path folder : folders) {
      if (refused.containsKey(folder)) {
        continue;
      }
      try {
        open(folder);
      } catch (PluginException e) {
        refuse(folder, e);
      }
    }
  }

  private void refuse(Path folder, PluginException reason) {
    if (refused.putIfAbsent(folder, reason) == null) {
      LOG.log(System.Logger.Level.WARNING, "plugin refused: {0}", reason.getMessage());
      LOG.log(System.Logger.Level.DEBUG, "why the plugin was refused", reason);
    }
  }

  @SuppressWarnings("MustBeClosedChecker") // kept in opened, closed with this
  private PluginFolder open(Path folder) throws PluginException {
    PluginFolder known = opened.get(folder);
    if (known != null) {
      return known;
    }
    CodeOwners.of(root).check(root);
    PluginFolder plugins = PluginFolder.open(folder, kernel);
    opened.put(folder, plugins);
    return plugins;
  }

  private PluginException missing(PluginChoice choice) {
    List<String> names = new ArrayList<>();
    Stream.concat(
            builtIn.stream(), opened.values().stream().flatMap(folder -> folder.plugins().stream()))
        .filter(plugin -> plugin.descriptor().axis() == choice.axis())
        .forEach(plugin -> names.add(plugin.descriptor().name()));
    String installed =
        names.isEmpty()
            ? "none of its kind is installed"
            : "installed are " + String.join(", ", names);
    String refusals = refused.isEmpty() ? "" : "; refused: " + String.join("; ", refusals());
    return new PluginException(
        "%s: no plugin %s in %s; %s%s"
            .formatted(
                choice.isDefault() ? "the default" : choice.origin(),
                choice.section(),
                root,
                installed,
                refusals));
  }

  /** Closes the class loaders of all folders. */
  @Override
  public void close() {
    opened.values().forEach(PluginFolder::close);
    opened.clear();
  }
}
