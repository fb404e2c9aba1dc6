// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.mount;

import io.sluicefs.kernel.config.Configuration;
import io.sluicefs.kernel.config.PluginChoice;
import io.sluicefs.kernel.integrity.Integrity;
import io.sluicefs.kernel.metrics.PluginMeters;
import io.sluicefs.kernel.plugin.Plugin;
import io.sluicefs.kernel.plugin.PluginCatalog;
import io.sluicefs.kernel.plugin.PluginException;
import io.sluicefs.spi.Axis;
import io.sluicefs.spi.MemoryBudget;
import io.sluicefs.spi.PluginContext;
import io.sluicefs.spi.PluginDescriptor;
import io.sluicefs.spi.PluginMetrics;
import io.sluicefs.spi.PluginSettings;
import io.sluicefs.spi.SettingException;
import io.sluicefs.spi.cache.BlockCache;
import io.sluicefs.spi.cache.BlockCacheProvider;
import io.sluicefs.spi.cache.KeptCache;
import io.sluicefs.spi.fuse.FuseChannel;
import io.sluicefs.spi.fuse.FuseChannelProvider;
import io.sluicefs.spi.fuse.FuseHandover;
import io.sluicefs.spi.fuse.MountOptions;
import io.sluicefs.spi.prefetch.Prefetcher;
import io.sluicefs.spi.prefetch.PrefetcherProvider;
import io.sluicefs.spi.transport.Transport;
import io.sluicefs.spi.transport.TransportProvider;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * Opens the plugins a configuration chooses; whoever asks for one closes it. Used by one thread.
 */
@SuppressWarnings("MustBeClosedChecker") // the mount owns what is returned
final class OpenPlugins {
  private static final System.Logger LOG = System.getLogger(OpenPlugins.class.getName());

  /** What is handed to a plugin. */
  private record Context(
      PluginSettings settings,
      MemoryBudget memory,
      Place place,
      PluginMetrics metrics,
      boolean verifiesReads)
      implements PluginContext {
    @Override
    public String location() {
      return place.location();
    }

    @Override
    public Optional<Path> mountpoint() {
      return place.mountpoint();
    }
  }

  /** A plugin with its settings, ready to be opened. */
  private record Ready<P>(PluginChoice choice, Plugin plugin, P provider, Context context) {
    /** Opens it; what its author did not foresee is an error of the plugin, in one line. */
    <T> T open(Opening<P, T> opening) throws SettingException, PluginException, IOException {
      try {
        return opening.open(provider, context);
      } catch (RuntimeException | LinkageError e) {
        throw plugin.broken(e);
      }
    }
  }

  /** Calls the method of a provider that opens. */
  @FunctionalInterface
  private interface Opening<P, T> {
    T open(P provider, PluginContext context) throws SettingException, IOException;
  }

  private final Configuration configuration;
  private final PluginCatalog catalog;
  private final MemoryBudget memory;
  private final Place place;
  private final PluginMeters meters = new PluginMeters();
  private final List<String> opened = new CopyOnWriteArrayList<>();
  private final SequencedMap<PluginChoice, PluginDescriptor> descriptors = new LinkedHashMap<>();
  private final Map<String, Reconfigurable> caches = new LinkedHashMap<>();
  private final Map<String, Reconfigurable> prefetchers = new LinkedHashMap<>();

  OpenPlugins(
      Configuration configuration, PluginCatalog catalog, MemoryBudget memory, Place place) {
    this.configuration = configuration;
    this.catalog = catalog;
    this.memory = memory;
    this.place = place;
  }

  /** A plugin that goes by other settings when told. */
  @FunctionalInterface
  interface Reconfigurable {
    void reconfigure(PluginSettings settings) throws SettingException;
  }

  /** Opens the transport when it is told to. */
  @FunctionalInterface
  interface TransportOpener {
    Transport open() throws SettingException, PluginException, IOException;
  }

  /** Checks the transport's settings and returns what opens it, from any thread. */
  TransportOpener transport() throws SettingException, PluginException {
    Ready<TransportProvider> plugin =
        ready(configuration.plugin(Axis.TRANSPORT), TransportProvider.class);
    note(plugin);
    return () -> plugin.open(TransportProvider::open);
  }

  private void note(Ready<?> plugin) {
    opened.add(plugin.choice.section());
    descriptors.put(plugin.choice, plugin.plugin.descriptor());
  }

  /** Returns what is open, with the settings it has, in the order it was opened. */
  SequencedMap<PluginChoice, PluginDescriptor> descriptors() {
    return Collections.unmodifiableSequencedMap(descriptors);
  }

  /** Returns the caches by their sections. */
  Map<String, Reconfigurable> openCaches() {
    return Map.copyOf(caches);
  }

  /** Returns the prefetchers by their sections. */
  Map<String, Reconfigurable> openPrefetchers() {
    return Map.copyOf(prefetchers);
  }

  /** Returns the figures the plugins show. */
  PluginMeters meters() {
    return meters;
  }

  /** Returns what is open, in the order it was opened: {@code transport.s3}. */
  List<String> opened() {
    return List.copyOf(opened);
  }

  /** Opens the prefetchers, in the order they are asked; {@code owner} closes them. */
  List<Prefetcher> prefetchers(OwnedResources owner)
      throws SettingException, PluginException, IOException {
    List<Prefetcher> opened = new ArrayList<>();
    for (PluginChoice choice : configuration.prefetchers()) {
      Ready<PrefetcherProvider> plugin = ready(choice, PrefetcherProvider.class);
      Prefetcher prefetcher = plugin.open(PrefetcherProvider::open);
      owner.adopt(choice.section(), prefetcher::close);
      note(plugin);
      prefetchers.put(choice.section(), prefetcher::reconfigure);
      opened.add(prefetcher);
    }
    return opened;
  }

  /** Checks that the channel is there and its settings are usable. */
  void checkChannel() throws SettingException, PluginException {
    ready(configuration.plugin(Axis.FUSE), FuseChannelProvider.class);
  }

  /** Opens the channel chosen; in place of a default that cannot be used here, the other one. */
  FuseChannel channel(MountOptions options) throws SettingException, PluginException, IOException {
    PluginChoice choice = configuration.plugin(Axis.FUSE);
    try {
      return channel(choice, choice.isDefault() ? "the default" : choice.origin(), options);
    } catch (IOException e) {
      Optional<PluginChoice> other = configuration.fallback(choice);
      if (other.isEmpty()) {
        throw e;
      }
      try {
        String reason = choice.section() + " cannot be used: " + e.getMessage();
        return channel(other.get(), reason, options);
      } catch (IOException | PluginException alsoRefused) {
        e.addSuppressed(alsoRefused);
        throw e;
      }
    }
  }

  /** Opens the channel chosen, to go on with the session of another process. */
  FuseChannel takeOver(MountOptions options, FuseHandover handover)
      throws SettingException, PluginException, IOException {
    PluginChoice choice = configuration.plugin(Axis.FUSE);
    Ready<FuseChannelProvider> plugin = ready(choice, FuseChannelProvider.class);
    FuseChannel channel =
        plugin.open((provider, context) -> provider.takeOver(context, options, handover));
    opened.add(choice.section());
    return channel;
  }

  private FuseChannel channel(PluginChoice choice, String reason, MountOptions options)
      throws SettingException, PluginException, IOException {
    Ready<FuseChannelProvider> plugin = ready(choice, FuseChannelProvider.class);
    FuseChannel channel = plugin.open((provider, context) -> provider.open(context, options));
    note(plugin);
    LOG.log(System.Logger.Level.INFO, "FUSE channel {0}: {1}", choice.section(), reason);
    return channel;
  }

  /**
   * Opens the caches by name, nearest to the reader first; {@code owner} closes them. One below the
   * first that cannot be opened is left out: all it does is save requests.
   */
  SequencedMap<String, BlockCache> caches(OwnedResources owner)
      throws SettingException, PluginException, IOException {
    List<Ready<BlockCacheProvider>> plugins = new ArrayList<>();
    for (PluginChoice choice : configuration.caches()) {
      plugins.add(ready(choice, BlockCacheProvider.class));
    }
    SequencedMap<String, BlockCache> tiers = new LinkedHashMap<>();
    for (Ready<BlockCacheProvider> plugin : plugins) {
      try {
        BlockCache cache = plugin.open(BlockCacheProvider::open);
        owner.adopt(plugin.choice.section(), cache::close);
        note(plugin);
        caches.put(plugin.choice.section(), cache::reconfigure);
        tiers.put(plugin.choice.name(), cache);
      } catch (IOException | PluginException e) {
        if (tiers.isEmpty()) {
          throw e;
        }
        LOG.log(
            System.Logger.Level.WARNING,
            "{0} cannot be used and is left out: {1}",
            plugin.choice.section(),
            e.getMessage());
        LOG.log(System.Logger.Level.DEBUG, "why " + plugin.choice.section() + " is left out", e);
      }
    }
    return tiers;
  }

  /** Opens what the first of the caches keeps that keeps anything beyond a mount. */
  KeptCache keptCache() throws SettingException, PluginException, IOException {
    for (PluginChoice choice : configuration.caches()) {
      Ready<BlockCacheProvider> plugin = ready(choice, BlockCacheProvider.class);
      Optional<KeptCache> kept = plugin.open(BlockCacheProvider::openKept);
      if (kept.isPresent()) {
        return kept.get();
      }
    }
    throw new IOException(
        "no cache of this configuration keeps anything beyond a mount; add one that does, such as"
            + " cache.disk-lmdb { path = /var/cache/sluice/blocks }");
  }

  private <P> Ready<P> ready(PluginChoice choice, Class<P> type)
      throws SettingException, PluginException {
    Plugin plugin = catalog.find(choice);
    Context context =
        new Context(
            configuration.settings(choice, plugin.descriptor()),
            memory,
            place,
            meters.of(choice.section()),
            configuration.requests().integrity() != Integrity.OFF);
    return new Ready<>(choice, plugin, type.cast(plugin.provider()), context);
  }
}
