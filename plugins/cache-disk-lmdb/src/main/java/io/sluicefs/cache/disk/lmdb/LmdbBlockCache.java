// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cache.disk.lmdb;

import com.google.errorprone.annotations.MustBeClosed;
import io.sluicefs.spi.ByteRange;
import io.sluicefs.spi.MemoryBudget;
import io.sluicefs.spi.ObjectId;
import io.sluicefs.spi.PluginContext;
import io.sluicefs.spi.PluginMetrics;
import io.sluicefs.spi.SettingException;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import io.sluicefs.spi.cache.BlockCache;
import io.sluicefs.spi.cache.BlockLoader;
import io.sluicefs.spi.cache.CacheStats;
import io.sluicefs.spi.cache.ObjectBlocks;
import io.sluicefs.spi.transport.ReadProgress;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * Blocks in a slab file on a local disk, found through LMDB. It is made to stand below a cache in
 * memory, which asks for runs of blocks: what is on the disk is read into the caller's memory, what
 * is not is loaded there and copied to the {@link FillQueue}. Whatever the disk does, a read gets
 * its bytes from the loader.
 */
final class LmdbBlockCache implements BlockCache {
  private static final Logger LOGGER = System.getLogger(LmdbBlockCache.class.getName());
  private static final long IDLE_MEMORY_NANOS = TimeUnit.SECONDS.toNanos(10);
  private static final long PRESSED_MEMORY_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final int MOST_SHRINKS_A_TICK = 8;

  /** What is left above the floor, for the index to grow while regions are taken. */
  private static final long INDEX_ROOM = 1L << 20;

  private final CacheDirectory directory;
  private final LmdbCacheConfig config;
  private final PluginContext context;
  private final LinuxFile lock;
  private final LinuxFile writing;
  private final BlockIndex index;
  private final Regions regions;
  private final FillQueue fills;
  private final DiskReader reader = new DiskReader();
  private final BlockReader blocks;
  private final LeasedBlocks leased;
  private final DiskHealth readHealth;
  private final DiskHealth fillHealth;
  private final MemoryBudget.Registration reclaimer;
  private final Set<Long> pinned = ConcurrentHashMap.newKeySet();

  /** Numbers of objects that are not kept until the cache is opened anew. */
  private final Set<Long> discarded = ConcurrentHashMap.newKeySet();

  private final int extentBlocks;

  private final LongAdder hits = new LongAdder();
  private final LongAdder misses = new LongAdder();
  private final LongAdder loadedBytes = new LongAdder();
  private final LongAdder readBytes = new LongAdder();
  private final LongAdder corruptBlocks = new LongAdder();
  private final LongAdder bypassedBytes = new LongAdder();
  private final AtomicBoolean closed = new AtomicBoolean();
  private Map<String, Long> counted = Map.of();

  @SuppressWarnings("MustBeClosedChecker") // close() closes the registration
  private LmdbBlockCache(
      CacheDirectory directory,
      LmdbCacheConfig config,
      PluginContext context,
      int regionSize,
      LinuxFile lock,
      LinuxFile writing,
      LinuxFile reading,
      BlockIndex index)
      throws IOException {
    this.directory = directory;
    this.config = config;
    this.context = context;
    this.lock = lock;
    this.writing = writing;
    this.index = index;
    this.readHealth = new DiskHealth("reading " + directory.blocks());
    this.fillHealth = new DiskHealth("writing to " + directory.path());
    this.regions =
        new Regions(regionSize, config.regionCount(regionSize), index.regions(), this::hasRoomFor);
    this.extentBlocks = config.extentBlocks(regionSize);
    findPinned();
    this.fills =
        new FillQueue(
            writing,
            regions,
            index,
            config.indexSize(),
            fillHealth,
            new FillMemory(config.fillMemory(), config.blockSize(), context.memory()),
            pinned,
            discarded,
            this::tick);
    this.blocks = new BlockReader(reading, regions, config.blockSize());
    this.leased =
        new LeasedBlocks(
            this, regions, (int) (regions.capacity() / config.blockSize()), context.memory());
    this.reclaimer =
        context.memory().addReclaimer(bytes -> fills.releaseMemory(PRESSED_MEMORY_NANOS));
  }

  /**
   * Opens the cache of a prepared directory.
   *
   * @throws SettingException if another process uses it or it is of another format
   */
  @MustBeClosed
  @SuppressWarnings("MustBeClosedChecker") // the cache closes them, or they are closed here
  static LmdbBlockCache open(
      CacheDirectory directory, LmdbCacheConfig config, PluginContext context)
      throws SettingException, IOException {
    List<AutoCloseable> opened = new ArrayList<>();
    boolean good = false;
    try {
      LinuxFile lock = directory.lock();
      opened.add(lock);
      int regionSize = directory.format(config);
      BlockIndex index = directory.openIndex(config.indexSize(), config.blockSize());
      opened.add(index);
      LinuxFile writing = LinuxFile.openDirect(directory.blocks());
      opened.add(writing);
      LinuxFile reading = LinuxFile.open(directory.blocks());
      opened.add(reading);
      // What lies beyond is of a time when max-size was more.
      writing.truncate((long) config.regionCount(regionSize) * regionSize);
      LmdbBlockCache cache =
          new LmdbBlockCache(directory, config, context, regionSize, lock, writing, reading, index);
      good = true;
      return cache;
    } finally {
      if (!good) {
        closeAll(opened.reversed());
      }
    }
  }

  private static void closeAll(List<AutoCloseable> opened) {
    for (AutoCloseable one : opened) {
      try {
        one.close();
      } catch (Exception e) {
        LOGGER.log(Level.DEBUG, "closing after a failure", e);
      }
    }
  }

  private void findPinned() throws DiskException {
    for (ObjectRecord object : index.objects()) {
      if (object.pinned()) {
        pinned.add(object.number());
        pinExtents(object.number(), true);
      }
    }
  }

  private void pinExtents(long object, boolean wanted) throws DiskException {
    index.extents(
        object,
        (number, extent) -> {
          if (regions.isCurrent(extent)) {
            regions.pin(extent.region(), extent.generation(), wanted);
          }
        });
  }

  @Override
  public int blockSize() {
    return config.blockSize();
  }

  @Override
  @MustBeClosed
  @SuppressWarnings("MustBeClosedChecker") // returned
  public ObjectBlocks attach(ObjectId id, long size, BlockLoader loader) {
    if (closed.get()) {
      throw new IllegalStateException("the disk cache is closed");
    }
    ObjectRecord record = new ObjectRecord(context.location(), id, size, false);
    long number = record.number();
    boolean keeps = !discarded.contains(number);
    try {
      ObjectRecord known = index.object(number);
      keeps = keeps && (known == null || known.isSameObject(record));
    } catch (DiskException e) {
      readHealth.failed(e);
    }
    return new LmdbObjectBlocks(
        this, leased, new DiskObject(record, number, config.blockSize(), keeps), loader);
  }

  /**
   * {@inheritDoc} It is not kept any more until the cache is opened anew: what is on its way to the
   * disk may be of before.
   */
  @Override
  public void discard(ObjectId id, long size) {
    long number = new ObjectRecord(context.location(), id, size, false).number();
    discarded.add(number);
    leased.discard(number);
  }

  /** Returns whether blocks of an object are looked for here, and kept. */
  private boolean keeps(DiskObject object) {
    return object.keeps() && !discarded.contains(object.number());
  }

  /** Returns whether blocks are here, on the disk or on their way to it, from the first on. */
  int countKept(DiskObject object, int first, int count) {
    BlockSources sources = locate(object, first, count);
    try {
      int kept = 0;
      while (kept < count && !sources.isMissing(first + kept)) {
        kept++;
      }
      return kept;
    } finally {
      sources.release();
    }
  }

  /** Returns how many blocks from the first on, of {@code count}, are not here. */
  int countMissing(DiskObject object, int first, int count) {
    BlockSources sources = locate(object, first, count);
    try {
      int missing = 0;
      while (missing < count && sources.isMissing(first + missing)) {
        missing++;
      }
      return missing;
    } finally {
      sources.release();
    }
  }

  private BlockSources locate(DiskObject object, int first, int count) {
    BlockSources sources = new BlockSources(fills, first, count);
    if (keeps(object) && !closed.get()) {
      sources.findFills(object);
      if (sources.hasMissing() && readHealth.isUsable() && !reader.hangs()) {
        try {
          sources.findExtents(index.find(object.number(), first, count), regions);
        } catch (DiskException e) {
          readHealth.failed(e);
        }
      }
    }
    return sources;
  }

  /** Fills {@code target} with whole blocks, from here or from the loader. */
  void load(
      DiskObject object,
      ByteRange range,
      ByteBuffer[] target,
      ReadProgress progress,
      BlockLoader loader,
      LoadObserver observer)
      throws StorageException {
    int first = (int) (range.start() / config.blockSize());
    int end = (int) ((range.end() + config.blockSize() - 1) / config.blockSize());
    TargetBytes bytes = new TargetBytes(target);
    BlockSources sources = locate(object, first, end - first);
    try {
      int next = first;
      while (next < end) {
        if (Thread.currentThread().isInterrupted()) {
          throw new StorageException(
              Kind.CANCELLED, "%s: interrupted at block %d".formatted(object.record().id(), next));
        }
        int runEnd = sources.runEnd(next);
        if (sources.isMissing(next)) {
          observer.loading(next, runEnd - next, false);
          loadRun(object, next, runEnd, first, bytes, progress, loader, observer);
          next = runEnd;
        } else {
          observer.loading(next, runEnd - next, true);
          int good = readRun(object, sources, next, runEnd, first, bytes, progress);
          next += good;
          if (next < runEnd) {
            sources.lose(next);
          }
        }
      }
    } finally {
      sources.release();
    }
    bytes.advance(range.length());
  }

  private void loadRun(
      DiskObject object,
      int start,
      int end,
      int first,
      TargetBytes bytes,
      ReadProgress progress,
      BlockLoader loader,
      LoadObserver observer)
      throws StorageException {
    long base = object.bytes(first, start);
    long length = object.bytes(start, end);
    if (!keeps(object)) {
      bypassedBytes.add(length);
      loader.load(
          ByteRange.of((long) start * config.blockSize(), length),
          bytes.buffers(base, base + length),
          loaded -> progress.filled(base + loaded));
      return;
    }
    FillingProgress filling =
        new FillingProgress(
            fills, object, start, end, extentBlocks, bytes, base, progress, observer);
    try {
      loader.load(
          ByteRange.of((long) start * config.blockSize(), length),
          bytes.buffers(base, base + length),
          filling);
    } finally {
      filling.end();
      int blocksLoaded = (int) (filling.announced() / config.blockSize());
      loadedBytes.add(
          filling.announced() == length ? length : (long) blocksLoaded * config.blockSize());
    }
    if (filling.announced() < length) {
      throw new StorageException(
          Kind.CORRUPT,
          "%s: the loader announced %d of %d bytes and returned"
              .formatted(object.record().id(), filling.announced(), length));
    }
  }

  /** Returns how many of the blocks were read; the next one is not what it should be. */
  private int readRun(
      DiskObject object,
      BlockSources sources,
      int start,
      int end,
      int first,
      TargetBytes bytes,
      ReadProgress progress) {
    long base = object.bytes(first, start);
    Fill fill = sources.fill(start);
    if (fill != null) {
      for (int block = start; block < end; block++) {
        bytes.copyFrom(fill.memory(block), object.bytes(first, block));
      }
      long length = object.bytes(start, end);
      readBytes.add(length);
      progress.filled(base + length);
      return end - start;
    }
    Extent extent = sources.extent(start);
    BlockReader.Target target =
        new BlockReader.Target(bytes, base, read -> progress.filled(base + read));
    try {
      int good = reader.read(() -> blocks.read(object, extent, start, end, target));
      readHealth.worked();
      long length = object.bytes(start, start + good);
      readBytes.add(length);
      if (good > 0) {
        regions.hit(extent.region(), extent.generation(), length);
      }
      if (start + good < end && regions.isCurrent(extent)) {
        corruptBlocks.increment();
        regions.lost(extent.region(), extent.generation(), object.blockLength(start + good));
        fills.forget(extent, start + good);
        LOGGER.log(
            Level.DEBUG,
            "block {0} of {1} is not what was stored; it is fetched again",
            start + good,
            object.record().id());
      }
      return good;
    } catch (DiskException e) {
      readHealth.failed(e);
      int good = target.goodBlocks(object, start);
      sources.loseExtents();
      return good;
    }
  }

  void countHits(long blocksRead) {
    hits.add(blocksRead);
  }

  void countMisses(long blocksLoaded) {
    misses.add(blocksLoaded);
  }

  @Override
  public CacheStats stats() {
    return new CacheStats(
        hits.sum(),
        misses.sum(),
        loadedBytes.sum(),
        regions.evictedBytes() + fills.droppedBytes(),
        regions.unreadBytes(),
        regions.keptBytes(),
        leased.pinnedBytes(),
        regions.capacity());
  }

  /** Shows an operator what the counts of every cache do not tell. */
  void show(PluginMetrics metrics) {
    metrics.gauge(
        "waiting-extents", "Pieces of objects in memory that wait for the disk.", fills::waiting);
    metrics.gauge("pinned-objects", "Objects that stay whatever else needs room.", pinned::size);
  }

  @Override
  public SequencedMap<String, Long> counters() {
    SequencedMap<String, Long> counters = new LinkedHashMap<>();
    counters.put("hit-blocks", hits.sum());
    counters.put("missed-blocks", misses.sum());
    counters.put("read-bytes", readBytes.sum());
    counters.put("written-bytes", fills.writtenBytes());
    counters.put("dropped-bytes", fills.droppedBytes() + bypassedBytes.sum());
    counters.put("evicted-bytes", regions.evictedBytes());
    counters.put("corrupt-blocks", corruptBlocks.sum());
    counters.put("read-failures", readHealth.failures());
    counters.put("write-failures", fillHealth.failures());
    return Collections.unmodifiableSequencedMap(counters);
  }

  /** Returns whether this thread has a transaction open that reads the index. */
  boolean isReadingIndex() {
    return index.isBeingRead();
  }

  /** Waits until nothing is on its way to the disk. */
  void awaitFills() throws InterruptedException {
    fills.drain();
  }

  private boolean hasRoomFor(long bytes) {
    try {
      return directory.freeBytes() - bytes >= config.freeSpaceFloor() + INDEX_ROOM;
    } catch (IOException e) {
      LOGGER.log(Level.DEBUG, "the disk does not say what is free", e);
      return false;
    }
  }

  /** What is due every second, on the thread that commits. */
  private void tick() {
    try {
      keepFloor();
      evictDiscarded();
      answerRequests();
      noteCounters();
    } catch (IOException e) {
      fillHealth.failed(e);
    }
    long _ = fills.releaseMemory(IDLE_MEMORY_NANOS);
  }

  /** Gives room back to the disk when others have come near the floor. */
  private void keepFloor() throws IOException {
    List<Region> shrunk = new ArrayList<>();
    long lacking = config.freeSpaceFloor() - directory.freeBytes();
    while (lacking > 0 && shrunk.size() < MOST_SHRINKS_A_TICK) {
      Region region = regions.shrink();
      if (region == null) {
        break;
      }
      shrunk.add(region);
      lacking -= regions.regionSize();
    }
    if (!shrunk.isEmpty()) {
      removeCleared();
      for (Region region : shrunk) {
        writing.punchHole((long) region.number() * regions.regionSize(), regions.regionSize());
        regions.shrunk(region);
      }
    }
  }

  private void removeCleared() throws DiskException {
    List<Integer> cleared = regions.takeCleared();
    boolean good = false;
    try {
      index.update(update -> cleared.forEach(update::removeRegion));
      good = true;
    } finally {
      regions.cleared(cleared, good);
    }
  }

  /** Does what other processes asked for. */
  private void answerRequests() throws DiskException {
    for (BlockIndex.Request request : index.requests()) {
      switch (request.verb()) {
        case EVICT -> evict(request.object());
        case PIN -> pin(request.object(), true);
        case UNPIN -> pin(request.object(), false);
      }
      index.update(update -> update.done(request));
    }
  }

  private void evictDiscarded() throws DiskException {
    for (long object : discarded) {
      evict(object);
    }
  }

  /** Forgets an object; on the thread that commits. */
  void evict(long object) throws DiskException {
    pin(object, false);
    List<Extent> gone = new ArrayList<>();
    index.extents(object, (number, extent) -> gone.add(extent));
    if (gone.isEmpty()) {
      return;
    }
    index.update(update -> gone.forEach(update::remove));
    ObjectRecord record = index.object(object);
    for (Extent extent : gone) {
      if (regions.isCurrent(extent)) {
        regions.lost(extent.region(), extent.generation(), bytes(record, extent));
      }
    }
  }

  private int bytes(@Nullable ObjectRecord record, Extent extent) {
    long most = (long) extent.count() * config.blockSize();
    long size = record == null ? Long.MAX_VALUE : record.size();
    return (int) Math.min(most, size - (long) extent.start() * config.blockSize());
  }

  /** Says whether an object stays; on the thread that commits. Too much is left as it was. */
  void pin(long object, boolean wanted) throws DiskException {
    ObjectRecord record = index.object(object);
    if (record == null || record.pinned() == wanted || (wanted && !mayPin(object))) {
      return;
    }
    index.update(update -> update.put(record.withPinned(wanted)));
    if (wanted) {
      pinned.add(object);
    } else {
      pinned.remove(object);
    }
    pinExtents(object, wanted);
  }

  private boolean mayPin(long object) throws DiskException {
    Set<Integer> more = ConcurrentHashMap.newKeySet();
    index.extents(object, (number, extent) -> more.add(extent.region()));
    return regions.mayPin(more.size());
  }

  private void noteCounters() throws DiskException {
    Map<String, Long> now = counters();
    if (!now.equals(counted)) {
      index.update(update -> now.forEach(update::count));
      counted = now;
    }
  }

  @Override
  public void close() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    reclaimer.close();
    leased.close();
    fills.close();
    try {
      evictDiscarded();
      noteCounters();
      writing.sync();
    } catch (DiskException e) {
      LOGGER.log(Level.WARNING, "closing the disk cache: {0}", e.getMessage());
    }
    index.close();
    reader.close();
    blocks.close();
    writing.close();
    lock.close();
  }
}
