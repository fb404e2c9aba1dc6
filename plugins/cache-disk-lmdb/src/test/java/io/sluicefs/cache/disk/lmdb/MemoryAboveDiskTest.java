// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cache.disk.lmdb;

import com.google.errorprone.annotations.MustBeClosed;
import io.sluicefs.cache.memory.MemoryBlockCacheProvider;
import io.sluicefs.spi.ByteRange;
import io.sluicefs.spi.ObjectId;
import io.sluicefs.spi.PluginContext;
import io.sluicefs.spi.PluginDescriptor;
import io.sluicefs.spi.SettingException;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.cache.BlockCache;
import io.sluicefs.spi.cache.BlockCacheProvider;
import io.sluicefs.spi.cache.BlockLease;
import io.sluicefs.spi.cache.BlockLoader;
import io.sluicefs.spi.cache.CacheStats;
import io.sluicefs.spi.cache.ObjectBlocks;
import io.sluicefs.spi.testkit.TestContext;
import io.sluicefs.spi.testkit.cache.BlockCacheContract;
import io.sluicefs.spi.transport.ReadProgress;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.io.TempDir;

/** A cache in memory above the one on the disk, as a mount has them, is a cache. */
class MemoryAboveDiskTest extends BlockCacheContract {
  @TempDir
  @SuppressWarnings("NullAway.Init") // set by JUnit
  private Path folder;

  @Override
  protected BlockCacheProvider provider() {
    return new Provider();
  }

  @Override
  protected Map<String, String> settings() {
    return Map.of("block-size", "64KiB", "capacity", "2MiB");
  }

  private final class Provider implements BlockCacheProvider {
    @Override
    public PluginDescriptor descriptor() {
      return new MemoryBlockCacheProvider().descriptor();
    }

    @Override
    @MustBeClosed
    @SuppressWarnings("MustBeClosedChecker") // the cache returned closes both
    public BlockCache open(PluginContext context) throws SettingException, IOException {
      BlockCacheProvider disk = new LmdbBlockCacheProvider();
      return new TwoTiers(
          new MemoryBlockCacheProvider().open(context),
          disk.open(
              TestContext.of(
                  disk,
                  LmdbBlockCacheTest.settings(Files.createTempDirectory(folder, "cache")),
                  context.memory())));
    }
  }

  private record TwoTiers(BlockCache memory, BlockCache disk) implements BlockCache {
    @Override
    public int blockSize() {
      return memory.blockSize();
    }

    @Override
    @MustBeClosed
    @SuppressWarnings("MustBeClosedChecker") // what is returned closes both
    public ObjectBlocks attach(ObjectId id, long size, BlockLoader loader) {
      ObjectBlocks lower = disk.attach(id, size, loader);
      return new TwoAttachments(memory.attach(id, size, lower), lower);
    }

    @Override
    public void discard(ObjectId id, long size) {
      memory.discard(id, size);
      disk.discard(id, size);
    }

    @Override
    public CacheStats stats() {
      return memory.stats();
    }

    @Override
    public void close() {
      memory.close();
      disk.close();
    }
  }

  private record TwoAttachments(ObjectBlocks upper, ObjectBlocks lower) implements ObjectBlocks {
    @Override
    @MustBeClosed
    public @Nullable BlockLease get(long index) {
      return upper.get(index);
    }

    @Override
    @MustBeClosed
    public BlockLease acquire(long index, int count) throws StorageException {
      return upper.acquire(index, count);
    }

    @Override
    public int prefetch(long index, int count) throws StorageException {
      return upper.prefetch(index, count);
    }

    @Override
    public void load(ByteRange range, ByteBuffer[] target, ReadProgress progress)
        throws StorageException {
      upper.load(range, target, progress);
    }

    @Override
    public void close() {
      upper.close();
      lower.close();
    }
  }
}
