// SPDX-License-Identifier: Apache-2.0
package org.example.sluice.cache.valkey;

import io.sluicefs.spi.ObjectId;
import io.sluicefs.spi.PluginContext;
import io.sluicefs.spi.cache.BlockCache;
import io.sluicefs.spi.cache.BlockLoader;
import io.sluicefs.spi.cache.CacheStats;
import io.sluicefs.spi.cache.ObjectBlocks;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.SequencedMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BooleanSupplier;

/**
 * A cache whose blocks are on a server that several hosts share. As a {@link CacheStats} tells of
 * one process, it tells of the blocks in this one's memory; of the server the counters tell.
 */
final class ValkeyBlockCache implements BlockCache {
  private final ValkeyCacheConfig config;
  private final ValkeyServer server;
  private final PluginContext context;
  private final LeasedBlocks leased;
  private final SharedBlocks.Counts counts = new SharedBlocks.Counts();
  private final Map<ObjectId, Integer> discards = new ConcurrentHashMap<>();
  private final LongAdder hits = new LongAdder();
  private final LongAdder misses = new LongAdder();
  private final LongAdder loadedBytes = new LongAdder();

  ValkeyBlockCache(ValkeyCacheConfig config, ValkeyServer server, PluginContext context) {
    this.config = config;
    this.server = server;
    this.context = context;
    this.leased = new LeasedBlocks(config.blockSize(), config.memory(), context.memory());
  }

  @Override
  public int blockSize() {
    return config.blockSize();
  }

  @Override
  public ObjectBlocks attach(ObjectId id, long size, BlockLoader loader) {
    return new ValkeyObjectBlocks(this, leased, shared(id, size), inMemory(id), loader);
  }

  private SharedBlocks shared(ObjectId id, long size) {
    Integer times = discards.get(id);
    BooleanSupplier keeps = () -> Objects.equals(times, discards.get(id));
    return new SharedBlocks(
        server, context.location(), id, size, config.blockSize(), counts, keeps);
  }

  /** Returns what an object is called in this process: another name after each discard. */
  private ObjectId inMemory(ObjectId id) {
    Integer times = discards.get(id);
    return times == null ? id : new ObjectId(id.key(), id.etag() + " " + times);
  }

  @Override
  public void discard(ObjectId id, long size) {
    discards.merge(id, 1, Integer::sum);
    shared(id, size).discard();
  }

  void countHit() {
    hits.increment();
  }

  void countMiss() {
    misses.increment();
  }

  void countLoaded(long bytes) {
    loadedBytes.add(bytes);
  }

  @Override
  public CacheStats stats() {
    return new CacheStats(
        hits.sum(),
        misses.sum(),
        loadedBytes.sum(),
        leased.evictedBytes(),
        leased.unreadBytes(),
        leased.usedBytes(),
        leased.pinnedBytes(),
        leased.capacityBytes());
  }

  @Override
  public SequencedMap<String, Long> counters() {
    SequencedMap<String, Long> counters = new LinkedHashMap<>();
    counters.put("hit-blocks", counts.hits().sum());
    counters.put("missed-blocks", counts.misses().sum());
    counters.put("kept-blocks", counts.kept().sum());
    counters.put("corrupt-blocks", server.corrupt());
    counters.put("failures", server.failures());
    return Collections.unmodifiableSequencedMap(counters);
  }

  @Override
  public void close() {
    leased.close();
    server.close();
  }
}
