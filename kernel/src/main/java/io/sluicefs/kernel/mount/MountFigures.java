// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.mount;

import io.sluicefs.kernel.integrity.IntegrityCounters;
import io.sluicefs.kernel.memory.MemoryLimit;
import io.sluicefs.kernel.metrics.OperationCounters;
import io.sluicefs.kernel.metrics.PluginMeters;
import io.sluicefs.kernel.read.ObjectReaders;
import io.sluicefs.kernel.read.ObjectSummary;
import io.sluicefs.kernel.read.OpenObjectStatus;
import io.sluicefs.kernel.read.ReadStats;
import io.sluicefs.kernel.transport.TransportCounters;
import io.sluicefs.spi.MemoryBudget;
import io.sluicefs.spi.cache.BlockCache;
import io.sluicefs.spi.cache.CacheStats;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.concurrent.ConcurrentHashMap;

/** What there is to know of a mount while it is open. Thread-safe. */
public final class MountFigures {
  private final Instant started = Instant.now();
  private final Path mountpoint;
  private final String source;
  private final String prefix;
  private final List<String> plugins;
  private final MemoryBudget memory;
  private final SequencedMap<String, BlockCache> caches;
  private final ObjectReaders readers;
  private final TransportCounters store;
  private final IntegrityCounters integrity;
  private final OperationCounters operations;
  private final PluginMeters meters;
  private final Map<String, String> notes = new ConcurrentHashMap<>();

  MountFigures(
      Path mountpoint,
      String source,
      String prefix,
      OpenPlugins plugins,
      MemoryBudget memory,
      SequencedMap<String, BlockCache> caches,
      ObjectReaders readers,
      TransportCounters store,
      IntegrityCounters integrity,
      OperationCounters operations) {
    this.mountpoint = mountpoint;
    this.source = source;
    this.prefix = prefix;
    this.plugins = plugins.opened();
    this.memory = memory;
    this.caches = caches;
    this.readers = readers;
    this.store = store;
    this.integrity = integrity;
    this.operations = operations;
    this.meters = plugins.meters();
  }

  /** Returns when it was made. */
  public Instant started() {
    return started;
  }

  /** Returns where. */
  public Path mountpoint() {
    return mountpoint;
  }

  /** Returns the bucket and the prefix. */
  public String source() {
    return source;
  }

  /** Returns the start of all keys, which paths are without. */
  public String prefix() {
    return prefix;
  }

  /** Returns the plugins: {@code transport.s3}. */
  public List<String> plugins() {
    return plugins;
  }

  /** Returns the bytes the daemon may take in all. */
  public long memoryLimit() {
    return memory.limit() + MemoryLimit.RUNTIME;
  }

  /** Returns the bytes that are taken for data. */
  public long memoryReserved() {
    return memory.reserved();
  }

  /** Returns the bytes the process has in memory, as Linux counts them; 0 if that is not known. */
  public long memoryResident() {
    try {
      for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
        if (line.startsWith("RssAnon:")) {
          return Long.parseLong(line.replaceAll("[^0-9]", "")) << 10;
        }
      }
    } catch (IOException e) {
      System.getLogger(MountFigures.class.getName())
          .log(System.Logger.Level.DEBUG, "cannot tell what memory is used", e);
    }
    return 0;
  }

  /** Returns counts of each cache, the one asked first at the front. */
  public SequencedMap<String, CacheStats> caches() {
    SequencedMap<String, CacheStats> stats = new LinkedHashMap<>();
    caches.forEach((name, cache) -> stats.put(name, cache.stats()));
    return stats;
  }

  /** Returns counts that are a cache's own. */
  public SequencedMap<String, Long> counters(String cache) {
    BlockCache named = caches.get(cache);
    return named == null ? new LinkedHashMap<>() : named.counters();
  }

  /** Returns what read-ahead did. */
  public ReadStats readAhead() {
    return readers.stats();
  }

  /** Returns the objects that are open. */
  public List<OpenObjectStatus> open() {
    return readers.open();
  }

  /** Returns what reading the objects opened last did, the latest at the end. */
  public List<ObjectSummary> summaries() {
    return readers.summaries();
  }

  /** Returns what went to and came from the store. */
  public TransportCounters store() {
    return store;
  }

  /** Returns what became of the comparison with the store's checksums. */
  public IntegrityCounters integrity() {
    return integrity;
  }

  /** Returns what Linux asked for. */
  public OperationCounters operations() {
    return operations;
  }

  /** Returns the figures of plugins. */
  public PluginMeters meters() {
    return meters;
  }

  /** Says something more, which the status shows: where the metrics are. */
  public void note(String name, String value) {
    notes.put(name, value);
  }

  /** Returns what more was said. */
  public Map<String, String> notes() {
    return Map.copyOf(notes);
  }
}
