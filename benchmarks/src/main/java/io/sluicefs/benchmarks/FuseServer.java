// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.benchmarks;

import com.google.errorprone.annotations.MustBeClosed;
import io.sluicefs.spi.MemoryBudget;
import io.sluicefs.spi.MemoryReservation;
import io.sluicefs.spi.PluginContext;
import io.sluicefs.spi.PluginDescriptor;
import io.sluicefs.spi.PluginSettings;
import io.sluicefs.spi.fuse.FuseChannel;
import io.sluicefs.spi.fuse.FuseChannelProvider;
import io.sluicefs.spi.fuse.MountOptions;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A process that serves a {@link CostlessFileSystem} through one FUSE channel, until it is told.
 */
public final class FuseServer {
  private FuseServer() {}

  /**
   * Serves.
   *
   * @param arguments the channel's name, the mountpoint, and settings as {@code name=value}
   */
  public static void main(String... arguments) throws Exception {
    FuseChannelProvider provider =
        ServiceLoader.load(FuseChannelProvider.class).stream()
            .map(ServiceLoader.Provider::get)
            .filter(found -> found.descriptor().name().equals(arguments[0]))
            .findFirst()
            .orElseThrow(() -> new IllegalArgumentException("no channel " + arguments[0]));
    Map<String, PluginSettings.Entry> settings = new HashMap<>();
    for (int i = 2; i < arguments.length; i++) {
      String[] setting = arguments[i].split("=", 2);
      settings.put(setting[0], new PluginSettings.Entry(setting[1], "command line"));
    }
    MountOptions options =
        new MountOptions(
            Path.of(arguments[1]),
            "benchmark",
            false,
            false,
            Duration.ZERO,
            Duration.ZERO,
            Duration.ZERO,
            1 << 20);
    try (FuseChannel channel = provider.open(context(provider, settings), options)) {
      Runtime.getRuntime().addShutdownHook(new Thread(channel::close));
      channel.serve(new CostlessFileSystem());
    }
  }

  private static PluginContext context(
      FuseChannelProvider provider, Map<String, PluginSettings.Entry> entries) throws Exception {
    PluginDescriptor descriptor = provider.descriptor();
    PluginSettings settings =
        PluginSettings.of("fuse." + descriptor.name(), descriptor.settings(), entries);
    MemoryBudget memory = new CountingBudget();
    return new PluginContext() {
      @Override
      public PluginSettings settings() {
        return settings;
      }

      @Override
      public MemoryBudget memory() {
        return memory;
      }
    };
  }

  /** Grants whatever is asked. */
  private static final class CountingBudget implements MemoryBudget {
    private final AtomicLong reserved = new AtomicLong();

    @Override
    public long limit() {
      return Long.MAX_VALUE;
    }

    @Override
    public long reserved() {
      return reserved.get();
    }

    @Override
    public long available(Use use) {
      return limit() - reserved();
    }

    @Override
    @MustBeClosed
    public MemoryReservation tryReserve(long bytes, Use use) {
      return reserve(bytes, use);
    }

    @Override
    @MustBeClosed
    public MemoryReservation reserve(long bytes, Use use) {
      reserved.addAndGet(bytes);
      AtomicLong held = new AtomicLong(bytes);
      return new MemoryReservation() {
        @Override
        public long bytes() {
          return held.get();
        }

        @Override
        public void close() {
          reserved.addAndGet(-held.getAndSet(0));
        }
      };
    }

    @Override
    @MustBeClosed
    public Registration addReclaimer(Reclaimer reclaimer) {
      return () -> {};
    }
  }
}
