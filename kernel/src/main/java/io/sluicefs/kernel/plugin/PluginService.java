// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.plugin;

import io.sluicefs.spi.Axis;
import io.sluicefs.spi.PluginDescriptor;
import io.sluicefs.spi.PluginProvider;
import io.sluicefs.spi.SpiVersion;
import io.sluicefs.spi.cache.BlockCacheProvider;
import io.sluicefs.spi.fuse.FuseChannelProvider;
import io.sluicefs.spi.prefetch.PrefetcherProvider;
import io.sluicefs.spi.transport.TransportProvider;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.function.Predicate;

/** Asks a module layer for the providers of an axis, and each of them for its descriptor. */
final class PluginService {
  private static final SpiVersion KERNEL = new SpiVersion(SpiVersion.MAJOR, SpiVersion.MINOR);

  private PluginService() {}

  /** Returns the provider interface of an axis. */
  static Class<? extends PluginProvider> type(Axis axis) {
    return switch (axis) {
      case TRANSPORT -> TransportProvider.class;
      case CACHE -> BlockCacheProvider.class;
      case PREFETCH -> PrefetcherProvider.class;
      case FUSE -> FuseChannelProvider.class;
    };
  }

  /**
   * Returns the plugins of an axis in a layer and its parents.
   *
   * @param wanted which modules' providers; the others are not created
   * @param origin where they are, for errors
   * @throws PluginException if one cannot be created, describes itself wrongly or was built for
   *     another version of the SPI
   */
  static List<Plugin> find(ModuleLayer layer, Axis axis, Predicate<Module> wanted, String origin)
      throws PluginException {
    List<PluginException> defects = new ArrayList<>();
    List<Plugin> plugins = find(layer, axis, wanted, origin, defects);
    if (!defects.isEmpty()) {
      throw defects.getFirst();
    }
    return plugins;
  }

  /** As the other one, but goes on after what would be thrown, which it adds to {@code defects}. */
  static List<Plugin> find(
      ModuleLayer layer,
      Axis axis,
      Predicate<Module> wanted,
      String origin,
      List<PluginException> defects) {
    List<Plugin> plugins = new ArrayList<>();
    try {
      for (ServiceLoader.Provider<? extends PluginProvider> provider :
          ServiceLoader.load(layer, type(axis)).stream().toList()) {
        if (wanted.test(provider.type().getModule())) {
          try {
            plugins.add(describe(provider.get(), axis, origin));
          } catch (ServiceConfigurationError | LinkageError e) {
            defects.add(doesNotStart(origin, e));
          } catch (PluginException e) {
            defects.add(e);
          }
        }
      }
    } catch (ServiceConfigurationError | LinkageError e) {
      defects.add(doesNotStart(origin, e));
    }
    return plugins;
  }

  private static PluginException doesNotStart(String origin, Throwable e) {
    return new PluginException(origin + ": the plugin does not start: " + reason(e), e);
  }

  /**
   * Returns a provider as a plugin.
   *
   * @throws PluginException if it describes itself wrongly or was built for another version
   */
  static Plugin describe(PluginProvider provider, Axis axis, String origin) throws PluginException {
    PluginDescriptor descriptor;
    try {
      descriptor = provider.descriptor();
    } catch (RuntimeException | LinkageError e) {
      throw new PluginException(origin + ": the plugin cannot describe itself: " + reason(e), e);
    }
    // A record of another module may hold null whatever its annotations say.
    if (descriptor == null || descriptor.axis() == null || descriptor.spiVersion() == null) {
      throw new PluginException(
          origin + ": the plugin does not say its axis and the SPI version it was built for");
    }
    if (descriptor.axis() != axis) {
      throw new PluginException(
          "%s: the plugin provides a %s and calls itself a %s"
              .formatted(origin, axis.section(), descriptor.axis().section()));
    }
    if (!KERNEL.accepts(descriptor.spiVersion())) {
      throw new PluginException(
          "%s: %s.%s was built for SPI %s, this Sluice has SPI %s; install the release of the plugin for it"
              .formatted(
                  origin, axis.section(), descriptor.name(), descriptor.spiVersion(), KERNEL));
    }
    Optional<String> wrong = SettingsSchema.defect(descriptor.settings());
    if (wrong.isPresent()) {
      throw new PluginException(
          "%s: %s.%s has %s".formatted(origin, axis.section(), descriptor.name(), wrong.get()));
    }
    return new Plugin(descriptor, provider, origin);
  }

  /** Returns the innermost reason of a failure, in one line. */
  static String reason(Throwable failure) {
    Throwable inner = failure;
    for (Throwable cause = inner.getCause(); cause != null; cause = inner.getCause()) {
      inner = cause;
    }
    String message = inner.getMessage();
    String type = inner.getClass().getSimpleName();
    return message == null ? type : type + ": " + message.strip().replaceAll("\\s+", " ");
  }
}
