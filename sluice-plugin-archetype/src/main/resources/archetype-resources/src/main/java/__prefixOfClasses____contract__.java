package ${package};

#if(${axis} == "transport")
import io.sluicefs.spi.ByteRange;
import io.sluicefs.spi.ObjectId;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.transport.ListPage;
import io.sluicefs.spi.transport.ListRequest;
import io.sluicefs.spi.transport.ObjectStat;
import io.sluicefs.spi.transport.ReadProgress;
import io.sluicefs.spi.transport.Transport;
import io.sluicefs.spi.transport.TransportCapabilities;
import java.nio.ByteBuffer;

/** One bucket. What each method promises stands in {@link Transport}; the suite tests it. */
final class ${prefixOfClasses}Transport implements Transport {
  private final String bucket;

  ${prefixOfClasses}Transport(String bucket) {
    this.bucket = bucket;
  }

  @Override
  public String location() {
    return "${technology}://" + bucket;
  }

  /** {@inheritDoc} It is only read; claim what else is written, and its tests are run. */
  @Override
  public TransportCapabilities capabilities() {
    return TransportCapabilities.readOnly();
  }

  @Override
  public ObjectStat head(String key) throws StorageException {
    throw new UnsupportedOperationException("to be written");
  }

  @Override
  public ListPage list(ListRequest request) throws StorageException {
    throw new UnsupportedOperationException("to be written");
  }

  @Override
  public void read(ObjectId id, ByteRange range, ByteBuffer[] target, ReadProgress progress)
      throws StorageException {
    throw new UnsupportedOperationException("to be written");
  }

  @Override
  public void close() {}
}
#elseif(${axis} == "cache")
import io.sluicefs.spi.MemoryBudget;
import io.sluicefs.spi.ObjectId;
import io.sluicefs.spi.cache.BlockCache;
import io.sluicefs.spi.cache.BlockLoader;
import io.sluicefs.spi.cache.CacheStats;
import io.sluicefs.spi.cache.ObjectBlocks;

/** Keeps blocks. What each method promises stands in {@link BlockCache}; the suite tests it. */
final class ${prefixOfClasses}BlockCache implements BlockCache {
  private final MemoryBudget memory;
  private final int blockSize;
  private final long capacity;

  ${prefixOfClasses}BlockCache(MemoryBudget memory, int blockSize, long capacity) {
    this.memory = memory;
    this.blockSize = blockSize;
    this.capacity = capacity;
  }

  @Override
  public int blockSize() {
    return blockSize;
  }

  @Override
  public ObjectBlocks attach(ObjectId id, long size, BlockLoader loader) {
    throw new UnsupportedOperationException("to be written, with memory of " + memory);
  }

  @Override
  public CacheStats stats() {
    return new CacheStats(0, 0, 0, 0, 0, 0, 0, capacity);
  }

  @Override
  public void close() {}
}
#elseif(${axis} == "prefetch")
import io.sluicefs.spi.ObjectId;
import io.sluicefs.spi.prefetch.PrefetchLimits;
import io.sluicefs.spi.prefetch.Prefetcher;
import io.sluicefs.spi.prefetch.ReadAhead;
import io.sluicefs.spi.prefetch.ReadAheadWindow;

/** Plans. What each method promises stands in {@link Prefetcher}; the suite tests it. */
final class ${prefixOfClasses}Prefetcher implements Prefetcher {
  private static final int REQUESTS_PER_FILE = 8;
  private static final int REQUESTS = 64;

  private final long chunkSize;

  ${prefixOfClasses}Prefetcher(long chunkSize) {
    this.chunkSize = chunkSize;
  }

  /** {@inheritDoc} It plans nothing yet. */
  @Override
  public ReadAhead open(ObjectId id, long size) {
    return (justRead, budget) -> ReadAheadWindow.EMPTY;
  }

  @Override
  public PrefetchLimits limits() {
    return new PrefetchLimits(chunkSize, REQUESTS_PER_FILE, REQUESTS);
  }
}
#else
import io.sluicefs.spi.fuse.FuseChannel;
import io.sluicefs.spi.fuse.FuseOperations;
import io.sluicefs.spi.fuse.MountOptions;
import java.io.IOException;

/** One mount. What each method promises stands in {@link FuseChannel}; the suite tests it. */
final class ${prefixOfClasses}FuseChannel implements FuseChannel {
  private final MountOptions options;
  private final int threads;

  ${prefixOfClasses}FuseChannel(MountOptions options, int threads) {
    this.options = options;
    this.threads = threads;
  }

  @Override
  public void serve(FuseOperations operations) throws IOException {
    throw new IOException(
        options.mountpoint() + ": to be written, with " + threads + " threads");
  }

  @Override
  public void unmount() {}

  @Override
  public void close() {}
}
#end
