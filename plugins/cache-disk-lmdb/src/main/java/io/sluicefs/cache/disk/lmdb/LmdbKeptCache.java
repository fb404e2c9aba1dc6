// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cache.disk.lmdb;

import com.google.errorprone.annotations.MustBeClosed;
import io.sluicefs.spi.MemoryBudget.Use;
import io.sluicefs.spi.MemoryReservation;
import io.sluicefs.spi.PluginContext;
import io.sluicefs.spi.SettingException;
import io.sluicefs.spi.cache.KeptCache;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The directory of a cache as an operator sees it. Reading needs nobody's leave. Changes are left
 * in the index as requests: a mount that uses the directory does them within a second or so; if
 * none does, the cache is opened here to do them.
 */
final class LmdbKeptCache implements KeptCache {
  private static final long ANSWER_WITHIN_NANOS = TimeUnit.SECONDS.toNanos(30);
  private static final long LOOK_AGAIN_MILLIS = 50;

  private final CacheDirectory directory;
  private final LmdbCacheConfig config;
  private final PluginContext context;
  private final int regionSize;
  private final BlockIndex index;

  private LmdbKeptCache(
      CacheDirectory directory,
      LmdbCacheConfig config,
      PluginContext context,
      int regionSize,
      BlockIndex index) {
    this.directory = directory;
    this.config = config;
    this.context = context;
    this.regionSize = regionSize;
    this.index = index;
  }

  @MustBeClosed
  @SuppressWarnings("MustBeClosedChecker") // the cache closes the index
  static LmdbKeptCache open(CacheDirectory directory, LmdbCacheConfig config, PluginContext context)
      throws SettingException, IOException {
    int regionSize = directory.format(config);
    directory.checkUnlessUsed();
    return new LmdbKeptCache(
        directory,
        config,
        context,
        regionSize,
        BlockIndex.open(directory.index(), config.indexSize(), config.blockSize()));
  }

  @Override
  public List<KeptObject> objects() throws IOException {
    Map<Long, Long> bytes = new HashMap<>();
    List<ObjectRecord> records = index.objects();
    Map<Long, DiskObject> byNumber = byNumber(records);
    Map<Integer, RegionRecord> regions = index.regions();
    index.extents(
        null,
        (number, extent) -> {
          DiskObject object = byNumber.get(number);
          if (object != null && isCurrent(extent, regions)) {
            bytes.merge(number, keptBytes(object, extent), Long::sum);
          }
        });
    List<KeptObject> objects = new ArrayList<>();
    for (ObjectRecord record : records) {
      objects.add(
          new KeptObject(
              record.location(),
              record.id(),
              record.size(),
              bytes.getOrDefault(record.number(), 0L),
              record.pinned()));
    }
    objects.sort(
        Comparator.comparing(KeptObject::location)
            .thenComparing(object -> object.id().key())
            .thenComparing(object -> object.id().etag()));
    return objects;
  }

  private Map<Long, DiskObject> byNumber(List<ObjectRecord> records) {
    Map<Long, DiskObject> byNumber = new HashMap<>();
    for (ObjectRecord record : records) {
      long number = record.number();
      byNumber.put(number, new DiskObject(record, number, config.blockSize(), true));
    }
    return byNumber;
  }

  private static boolean isCurrent(Extent extent, Map<Integer, RegionRecord> regions) {
    RegionRecord region = regions.get(extent.region());
    return region != null && region.generation() == extent.generation();
  }

  private static long keptBytes(DiskObject object, Extent extent) {
    long bytes = 0;
    for (int block = extent.start(); block < extent.start() + extent.count(); block++) {
      bytes += extent.has(block) ? object.blockLength(block) : 0;
    }
    return bytes;
  }

  @Override
  public SequencedMap<String, Long> counters() throws IOException {
    SequencedMap<String, Long> counters = new LinkedHashMap<>(index.counts());
    long kept = 0;
    Map<Integer, RegionRecord> regions = index.regions();
    for (RegionRecord region : regions.values()) {
      kept += region.kept();
    }
    counters.put("kept-bytes", kept);
    counters.put("capacity-bytes", (long) config.regionCount(regionSize) * regionSize);
    counters.put("regions-used", (long) regions.size());
    counters.put("free-bytes", directory.freeBytes());
    return Collections.unmodifiableSequencedMap(counters);
  }

  @Override
  public Verification verify() throws IOException, InterruptedException {
    return verify(bytes -> {});
  }

  @Override
  public Verification verify(LongConsumer read) throws IOException, InterruptedException {
    List<Extent> extents = new ArrayList<>();
    index.extents(null, (number, extent) -> extents.add(extent));
    Map<Long, DiskObject> byNumber = byNumber(index.objects());
    long blocks = 0;
    long bytes = 0;
    List<BadBlock> bad = new ArrayList<>();
    try (LinuxFile file = LinuxFile.open(directory.blocks());
        MemoryReservation reservation = context.memory().reserve(config.blockSize(), Use.READ);
        NativeBuffer buffer = new NativeBuffer(reservation)) {
      for (Extent extent : extents) {
        DiskObject object = byNumber.get(extent.object());
        for (int block = extent.start();
            object != null && block < extent.start() + extent.count();
            block++) {
          if (Thread.interrupted()) {
            throw new InterruptedException("stopped after " + blocks + " blocks");
          }
          if (extent.has(block)) {
            MemorySegment memory = buffer.memory().asSlice(0, object.blockLength(block));
            blocks++;
            bytes += memory.byteSize();
            if (!isGood(file, extent, block, memory)) {
              bad.add(new BadBlock(extent, block));
            }
            read.accept(memory.byteSize());
          }
        }
      }
    }
    return new Verification(blocks, bytes, forget(bad));
  }

  /** A block whose bytes are not what its checksum says. */
  private record BadBlock(Extent extent, int block) {}

  private boolean isGood(LinuxFile file, Extent extent, int block, MemorySegment memory)
      throws DiskException {
    long offset =
        (long) extent.region() * regionSize
            + extent.offset()
            + (long) (block - extent.start()) * config.blockSize();
    file.read(offset, memory);
    return Extent.checksum(memory) == extent.checksum(block);
  }

  /** Forgets those that were not evicted meanwhile, and returns how many that were. */
  private long forget(List<BadBlock> bad) throws DiskException {
    Map<Integer, RegionRecord> regions = index.regions();
    bad.removeIf(block -> !isCurrent(block.extent(), regions));
    if (!bad.isEmpty()) {
      index.update(update -> bad.forEach(block -> update.remove(block.extent(), block.block())));
    }
    return bad.size();
  }

  @Override
  public void evict(KeptObject object) throws IOException, InterruptedException {
    ask(BlockIndex.Verb.EVICT, number(object));
  }

  @Override
  public void pin(KeptObject object, boolean pinned) throws IOException, InterruptedException {
    long number = number(object);
    ask(pinned ? BlockIndex.Verb.PIN : BlockIndex.Verb.UNPIN, number);
    ObjectRecord record = index.object(number);
    if (pinned && record == null) {
      throw new IOException(object.id().key() + ": nothing of it is kept any more");
    }
    if (pinned && record != null && !record.pinned()) {
      throw new IOException(
          object.id().key()
              + ": with it, pinned objects would leave less than a quarter of the cache to others;"
              + " raise max-size, or unpin some");
    }
  }

  private static long number(KeptObject object) {
    return new ObjectRecord(object.location(), object.id(), object.size(), object.pinned())
        .number();
  }

  private void ask(BlockIndex.Verb verb, long object) throws IOException, InterruptedException {
    BlockIndex.Request request = index.ask(verb, object);
    long deadline = System.nanoTime() + ANSWER_WITHIN_NANOS;
    while (!index.isDone(request)) {
      doUnlessUsed(request);
      if (System.nanoTime() - deadline > 0) {
        throw new IOException(
            directory.path() + ": the mount that uses it does not answer; it is left to do");
      }
      TimeUnit.MILLISECONDS.sleep(LOOK_AGAIN_MILLIS);
    }
  }

  /** Does what was asked if no mount uses the directory. */
  private void doUnlessUsed(BlockIndex.Request request) throws IOException {
    try (@Nullable LinuxFile lock = directory.tryLock()) {
      if (lock != null) {
        answer(request);
      }
    }
  }

  private void answer(BlockIndex.Request request) throws DiskException {
    List<Extent> extents = new ArrayList<>();
    index.extents(request.object(), (number, extent) -> extents.add(extent));
    ObjectRecord record = index.object(request.object());
    Map<Integer, RegionRecord> regions = index.regions();
    boolean may = request.verb() != BlockIndex.Verb.PIN || mayPin(extents);
    index.update(
        update -> {
          if (record != null && may) {
            switch (request.verb()) {
              case EVICT -> forget(update, record, extents, regions);
              case PIN -> update.put(record.withPinned(true));
              case UNPIN -> update.put(record.withPinned(false));
            }
          }
          update.done(request);
        });
  }

  private void forget(
      BlockIndex.Update update,
      ObjectRecord record,
      List<Extent> extents,
      Map<Integer, RegionRecord> regions) {
    DiskObject object = new DiskObject(record, record.number(), config.blockSize(), true);
    for (Extent extent : extents) {
      update.remove(extent);
      RegionRecord region = regions.get(extent.region());
      if (region != null && region.generation() == extent.generation()) {
        RegionRecord less = region.lessKept((int) keptBytes(object, extent));
        regions.put(extent.region(), less);
        update.put(extent.region(), less);
      }
    }
  }

  private boolean mayPin(List<Extent> more) throws DiskException {
    Set<Integer> pinned = new HashSet<>();
    for (ObjectRecord object : index.objects()) {
      if (object.pinned()) {
        index.extents(object.number(), (number, extent) -> pinned.add(extent.region()));
      }
    }
    more.forEach(extent -> pinned.add(extent.region()));
    return Regions.mayPin(pinned.size(), config.regionCount(regionSize));
  }

  @Override
  public void close() {
    index.close();
  }
}
