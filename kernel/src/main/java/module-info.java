// SPDX-License-Identifier: Apache-2.0
import org.jspecify.annotations.NullMarked;

/** The kernel: the FUSE operations, the namespace, the read path, memory and plugin loading. */
@NullMarked
module io.sluicefs.kernel {
  requires static com.google.errorprone.annotations;
  requires static org.jspecify;
  requires transitive io.sluicefs.spi;
  requires jdk.net;
  requires typesafe.config;

  uses io.sluicefs.spi.cache.BlockCacheProvider;
  uses io.sluicefs.spi.fuse.FuseChannelProvider;
  uses io.sluicefs.spi.prefetch.PrefetcherProvider;
  uses io.sluicefs.spi.transport.TransportProvider;

  exports io.sluicefs.kernel.config;
  exports io.sluicefs.kernel.control;
  exports io.sluicefs.kernel.integrity;
  exports io.sluicefs.kernel.memory;
  exports io.sluicefs.kernel.metrics;
  exports io.sluicefs.kernel.mount;
  exports io.sluicefs.kernel.plugin;
  exports io.sluicefs.kernel.read;
  exports io.sluicefs.kernel.staging;
  exports io.sluicefs.kernel.transport;
}
