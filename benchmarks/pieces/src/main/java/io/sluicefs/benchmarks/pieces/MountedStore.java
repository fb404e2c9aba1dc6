// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.benchmarks.pieces;

import com.google.errorprone.annotations.MustBeClosed;
import io.sluicefs.cache.memory.MemoryBlockCacheProvider;
import io.sluicefs.fuse.direct.DirectFuseChannelProvider;
import io.sluicefs.kernel.config.Configuration;
import io.sluicefs.kernel.mount.Mount;
import io.sluicefs.kernel.mount.MountRequest;
import io.sluicefs.kernel.mount.Mountpoint;
import io.sluicefs.kernel.mount.StateFolder;
import io.sluicefs.kernel.plugin.PluginCatalog;
import io.sluicefs.prefetch.sequential.SequentialPrefetcherProvider;
import io.sluicefs.spi.Axis;
import io.sluicefs.transport.s3.S3TransportProvider;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** An emulator in another process, mounted by this one with default settings. */
final class MountedStore implements AutoCloseable {
  private final Path folder;
  private final StoreProcess store;
  private final PluginCatalog plugins;
  private final Mount mount;

  private MountedStore(Path folder, StoreProcess store, PluginCatalog plugins, Mount mount) {
    this.folder = folder;
    this.store = store;
    this.plugins = plugins;
    this.mount = mount;
  }

  /** Starts and mounts. */
  @MustBeClosed
  @SuppressWarnings("MustBeClosedChecker") // closed with this
  static MountedStore open() throws Exception {
    StoreProcess store = StoreProcess.start();
    Path folder = Files.createTempDirectory("sluice-pieces");
    PluginCatalog plugins =
        new PluginCatalog(
            folder.resolve("plugins"),
            Map.of(
                Axis.TRANSPORT, List.of(new S3TransportProvider()),
                Axis.CACHE, List.of(new MemoryBlockCacheProvider()),
                Axis.PREFETCH, List.of(new SequentialPrefetcherProvider()),
                Axis.FUSE, List.of(new DirectFuseChannelProvider())));
    Mount mount = null;
    try {
      mount =
          Mount.open(
              new MountRequest(
                  Configuration.load(configuration(folder, store), List.of()),
                  plugins,
                  Mountpoint.of(Files.createDirectory(folder.resolve("mnt"))),
                  false,
                  new StateFolder(folder.resolve("state")),
                  ""));
      return new MountedStore(folder, store, plugins, mount);
    } finally {
      if (mount == null) {
        store.close();
      }
    }
  }

  private static Path configuration(Path folder, StoreProcess store) throws IOException {
    Path file =
        Files.createFile(
            folder.resolve("mount.conf"),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    return Files.writeString(
        file,
        """
        transport.s3 {
          endpoint = "%s"
          region = us-east-1
          bucket = %s
          path-style = true
          credentials = static
          access-key-id = emulator
          access-key-secret = emulator-secret
        }
        mount.read-only = true
        memory.limit = 640MiB
        """
            .formatted(store.s3(), StoreProcess.BUCKET));
  }

  /** Returns the one object. */
  Path file() {
    return mount.mountpoint().path().resolve(StoreProcess.KEY);
  }

  @Override
  public void close() throws IOException {
    mount.close();
    plugins.close();
    store.close();
    Files.delete(mount.mountpoint().path());
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path path : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }
}
