// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.mount;

import io.sluicefs.kernel.metrics.Latency;
import io.sluicefs.kernel.metrics.OperationCounters;
import io.sluicefs.kernel.metrics.OperationCounters.Operation;
import io.sluicefs.kernel.read.ObjectSummary;
import io.sluicefs.kernel.read.OpenObjectStatus;
import io.sluicefs.kernel.read.ReadStats;
import io.sluicefs.kernel.transport.SlowRequests.Slow;
import io.sluicefs.kernel.transport.TransportCounters;
import io.sluicefs.kernel.transport.TransportCounters.Request;
import io.sluicefs.spi.ByteRange;
import io.sluicefs.spi.cache.CacheStats;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What there is to know of a mount as an object of JSON: what is asked for on its socket. */
public final class MountReport {
  private static final double NANOS = 1e9;

  private final MountFigures figures;
  private final LiveSettings settings;

  /** Creates the report of a mount. */
  public MountReport(MountFigures figures, LiveSettings settings) {
    this.figures = figures;
    this.settings = settings;
  }

  /** Returns what an operator sees of each mount of a host. */
  public Map<String, Object> status() {
    OperationCounters operations = figures.operations();
    TransportCounters store = figures.store();
    long failures = 0;
    for (Operation operation : Operation.values()) {
      failures += operations.failures(operation);
    }
    Map<String, Object> status = new LinkedHashMap<>(figures.notes());
    status.put("mountpoint", figures.mountpoint().toString());
    status.put("source", figures.source());
    status.put("pid", ProcessHandle.current().pid());
    status.put("started", figures.started().toString());
    status.put(
        "uptime_seconds", Duration.between(figures.started(), Instant.now()).toMillis() / 1000.0);
    status.put("plugins", figures.plugins());
    status.put("set", settings.changed());
    status.put(
        "memory",
        Map.of(
            "limit", figures.memoryLimit(),
            "data", figures.memoryReserved(),
            "resident", figures.memoryResident()));
    status.put(
        "in_flight",
        Map.of(
            "operations", operations.inFlight(),
            "requests", store.inFlight(),
            "read_ahead", figures.readAhead().running()));
    status.put("errors", Map.of("operations", failures, "requests", store.failures()));
    return status;
  }

  /** Returns the status and all figures; without what is of single files. */
  public Map<String, Object> figures() {
    Map<String, Object> stats = status();
    OperationCounters operations = figures.operations();
    TransportCounters store = figures.store();
    stats.put("read_bytes", operations.readBytes());
    stats.put("written_bytes", operations.writtenBytes());
    stats.put("downloaded_bytes", store.readBytes());
    stats.put("read_ahead_bytes", store.readAheadBytes());
    stats.put("uploaded_bytes", store.writtenBytes());
    if (operations.readBytes() > 0) {
      stats.put("amplification", (double) store.readBytes() / operations.readBytes());
    }
    stats.put("operations", operations());
    stats.put("requests", requests());
    stats.put("caches", figures.caches().entrySet().stream().map(this::cache).toList());
    ReadStats readAhead = figures.readAhead();
    stats.put(
        "read_ahead",
        Map.of(
            "requests", readAhead.prefetches(),
            "short_of_memory", readAhead.shortOfMemory(),
            "cancelled", readAhead.cancelled(),
            "failed", readAhead.failed(),
            "running", readAhead.running()));
    stats.put("slow_requests", store.slow().latest().stream().map(MountReport::slow).toList());
    return stats;
  }

  /**
   * Returns all figures, with the open files.
   *
   * @param path only files at or below it, relative to the mountpoint; empty for all
   */
  public Map<String, Object> stats(String path) {
    Map<String, Object> stats = figures();
    stats.put(
        "files",
        figures.open().stream()
            .filter(open -> isWithin(path(open.summary()), path))
            .map(this::file)
            .toList());
    return stats;
  }

  /** Returns what loads of the files at or below a path did, open or not. */
  public Map<String, Object> history(String path) {
    Map<String, Object> history = figures();
    history.put(
        "files",
        figures.summaries().stream()
            .filter(summary -> isWithin(path(summary), path))
            .map(this::past)
            .toList());
    return history;
  }

  private static boolean isWithin(String file, String path) {
    return path.isEmpty() || file.equals(path) || file.startsWith(path + "/");
  }

  private String path(ObjectSummary summary) {
    String key = summary.id().key();
    return key.startsWith(figures.prefix()) ? key.substring(figures.prefix().length()) : key;
  }

  private Map<String, Object> operations() {
    Map<String, Object> all = new LinkedHashMap<>();
    for (Operation operation : Operation.values()) {
      Latency latency = figures.operations().latency(operation);
      if (latency.count() > 0) {
        all.put(operation.label(), timed(latency, figures.operations().failures(operation)));
      }
    }
    return all;
  }

  private Map<String, Object> requests() {
    Map<String, Object> all = new LinkedHashMap<>();
    for (Request request : Request.values()) {
      if (figures.store().requests(request) > 0) {
        all.put(
            request.name().toLowerCase(Locale.ROOT),
            timed(figures.store().latency(request), figures.store().failures(request)));
      }
    }
    return all;
  }

  private static Map<String, Object> timed(Latency latency, long failures) {
    return Map.of(
        "count", latency.count(), "failed", failures, "seconds", latency.totalNanos() / NANOS);
  }

  private Map<String, Object> cache(Map.Entry<String, CacheStats> entry) {
    CacheStats stats = entry.getValue();
    Map<String, Object> cache = new LinkedHashMap<>();
    cache.put("name", entry.getKey());
    cache.put("hits", stats.hits());
    cache.put("misses", stats.misses());
    if (stats.hits() + stats.misses() > 0) {
      cache.put("hit_ratio", (double) stats.hits() / (stats.hits() + stats.misses()));
    }
    cache.put("loaded_bytes", stats.loadedBytes());
    cache.put("evicted_bytes", stats.evictedBytes());
    cache.put("unread_bytes", stats.unreadBytes());
    cache.put("used_bytes", stats.usedBytes());
    cache.put("pinned_bytes", stats.pinnedBytes());
    cache.put("capacity_bytes", stats.capacityBytes());
    cache.put("counters", figures.counters(entry.getKey()));
    return cache;
  }

  private Map<String, Object> summary(ObjectSummary summary) {
    Map<String, Object> file = new LinkedHashMap<>();
    file.put("path", path(summary));
    file.put("etag", summary.id().etag());
    file.put("size", summary.size());
    file.put("opens", summary.opens());
    file.put("read_bytes", summary.readBytes());
    file.put("downloaded_bytes", summary.downloadedBytes());
    file.put("requests", summary.loads());
    file.put("waits", summary.waits());
    file.put("wait_seconds", summary.waitNanos() / NANOS);
    return file;
  }

  private Map<String, Object> past(ObjectSummary summary) {
    Map<String, Object> file = summary(summary);
    file.put("pattern", summary.pattern());
    return file;
  }

  private Map<String, Object> file(OpenObjectStatus open) {
    Map<String, Object> file = summary(open.summary());
    file.put("held", ranges(open.held()));
    file.put("loading", ranges(open.loading()));
    file.put("readers", open.readers().stream().map(MountReport::reader).toList());
    return file;
  }

  private static Map<String, Object> reader(OpenObjectStatus.Reader reader) {
    return Map.of(
        "together", reader.together(),
        "position", reader.position(),
        "pattern", reader.pattern(),
        "limit", reader.limit(),
        "window", ranges(reader.window()));
  }

  private static List<List<Long>> ranges(List<ByteRange> ranges) {
    return ranges.stream().map(range -> List.of(range.start(), range.end())).toList();
  }

  private static Map<String, Object> slow(Slow slow) {
    return Map.of(
        "ended", slow.ended().toString(),
        "request", slow.request().name().toLowerCase(Locale.ROOT),
        "target", slow.target(),
        "seconds", slow.seconds(),
        "failure", slow.failure());
  }
}
