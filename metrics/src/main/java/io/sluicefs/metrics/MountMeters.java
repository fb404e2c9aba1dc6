// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.metrics;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.FunctionTimer;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.sluicefs.kernel.metrics.Latency;
import io.sluicefs.kernel.metrics.OperationCounters.Operation;
import io.sluicefs.kernel.metrics.PluginMeters;
import io.sluicefs.kernel.mount.MountFigures;
import io.sluicefs.kernel.transport.TransportCounters.Request;
import io.sluicefs.spi.cache.CacheStats;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;

/**
 * Binds what the kernel counts to a registry, under the names of docs/operations.md. Nothing is
 * counted twice: a meter asks the kernel when it is asked.
 */
public final class MountMeters {
  private static final double MILLIS = 1e3;

  private final MountFigures figures;
  private final MeterRegistry registry;
  private final Set<PluginMeters.Meter> bound = new HashSet<>();

  /** Creates the meters of a mount. */
  public MountMeters(MountFigures figures, MeterRegistry registry) {
    this.figures = figures;
    this.registry = registry;
  }

  /** Binds all there are now. */
  public void bind() {
    gauge("sluice.mount.info", "1; what is mounted is its labels.", source(), of -> 1);
    gauge(
        "sluice.start.time.seconds",
        "When it was mounted, in seconds since 1970.",
        Tags.empty(),
        of -> of.started().toEpochMilli() / MILLIS);
    counter("sluice.read.bytes", "Bytes handed to Linux.", of -> of.operations().readBytes());
    counter("sluice.written.bytes", "Bytes Linux wrote.", of -> of.operations().writtenBytes());
    counter(
        "sluice.downloaded.bytes",
        "Bytes of objects that came from the store.",
        of -> of.store().readBytes());
    counter(
        "sluice.read.ahead.bytes",
        "Those of them nobody had asked for yet.",
        of -> of.store().readAheadBytes());
    counter(
        "sluice.late.reads",
        "Reads sent again as their first byte was late.",
        of -> of.store().lateReads());
    counter(
        "sluice.verified.objects",
        "Objects that were loaded completely and have the store's checksum.",
        of -> of.integrity().verified());
    counter(
        "sluice.different.objects",
        "Objects that were loaded completely and do not have the store's checksum.",
        of -> of.integrity().different());
    counter(
        "sluice.uncompared.objects",
        "Objects the store keeps no checksum of all bytes of, or did not tell it.",
        of -> of.integrity().unknown());
    counter(
        "sluice.uploaded.bytes",
        "Bytes of objects sent to the store.",
        of -> of.store().writtenBytes());
    memory();
    work();
    readAhead();
    figures.caches().keySet().forEach(this::cache);
    bindPlugins();
  }

  /**
   * Binds how long operations and requests took, as a number and a sum: for registries that do not
   * take the kernel's histograms as they are.
   */
  public void bindLatencies() {
    for (Operation operation : Operation.values()) {
      latency(
          "sluice.operation",
          "How long the answers to operations of Linux took.",
          Tags.of("operation", operation.label()),
          of -> of.operations().latency(operation));
    }
    for (Request request : Request.values()) {
      latency(
          "sluice.request",
          "How long requests to the store took, to their last byte.",
          Tags.of("request", request.name().toLowerCase(Locale.ROOT)),
          of -> of.store().latency(request));
    }
  }

  private void latency(
      String name, String description, Tags tags, Function<MountFigures, Latency> of) {
    FunctionTimer.builder(
            name,
            figures,
            now -> of.apply(now).count(),
            now -> of.apply(now).totalNanos(),
            TimeUnit.NANOSECONDS)
        .description(description)
        .tags(tags)
        .register(registry);
  }

  private Tags source() {
    return Tags.of("source", figures.source());
  }

  private void memory() {
    gauge(
        "sluice.memory.limit.bytes",
        "memory.limit: most bytes the daemon may take.",
        Tags.empty(),
        MountFigures::memoryLimit);
    gauge(
        "sluice.memory.data.bytes",
        "Bytes taken for data.",
        Tags.empty(),
        MountFigures::memoryReserved);
    gauge(
        "sluice.memory.resident.bytes",
        "Bytes of the daemon in memory, without files it has mapped.",
        Tags.empty(),
        MountFigures::memoryResident);
  }

  private void work() {
    gauge(
        "sluice.operations.in.flight",
        "Operations of Linux being answered, without reads of what is in memory.",
        Tags.empty(),
        of -> of.operations().inFlight());
    gauge(
        "sluice.requests.in.flight",
        "Requests to the store under way.",
        Tags.empty(),
        of -> of.store().inFlight());
    gauge(
        "sluice.open.files",
        "Versions of objects that are open.",
        Tags.empty(),
        of -> of.open().size());
    for (Operation operation : Operation.values()) {
      counter(
          "sluice.operation.failures",
          "Operations that failed in a way somebody may have to act on.",
          Tags.of("operation", operation.label()),
          of -> of.operations().failures(operation));
    }
    for (Request request : Request.values()) {
      counter(
          "sluice.request.failures",
          "Requests to the store that failed; each attempt counts.",
          Tags.of("request", request.name().toLowerCase(Locale.ROOT)),
          of -> of.store().failures(request));
    }
  }

  private void readAhead() {
    prefetches("all", of -> of.readAhead().prefetches());
    prefetches("short-of-memory", of -> of.readAhead().shortOfMemory());
    prefetches("cancelled", of -> of.readAhead().cancelled());
    prefetches("failed", of -> of.readAhead().failed());
  }

  private void prefetches(String outcome, ToDoubleFunction<MountFigures> value) {
    counter(
        "sluice.prefetches",
        "Requests of read-ahead that ended, and those that ended otherwise than they should.",
        Tags.of("outcome", outcome),
        value);
  }

  private void cache(String name) {
    cacheCounter(name, "hits", "Blocks asked for that were there.", CacheStats::hits);
    cacheCounter(name, "misses", "Blocks asked for that had to be loaded.", CacheStats::misses);
    cacheCounter(name, "loaded.bytes", "Bytes loaded.", CacheStats::loadedBytes);
    cacheCounter(name, "evicted.bytes", "Bytes given up to make room.", CacheStats::evictedBytes);
    cacheCounter(name, "unread.bytes", "Bytes given up that nobody read.", CacheStats::unreadBytes);
    cacheGauge(name, "used.bytes", "Bytes held.", CacheStats::usedBytes);
    cacheGauge(name, "pinned.bytes", "Bytes being read.", CacheStats::pinnedBytes);
    cacheGauge(name, "capacity.bytes", "Most bytes it may hold.", CacheStats::capacityBytes);
    for (String event : figures.counters(name).keySet()) {
      counter(
          "sluice.cache.events",
          "What is particular to this kind of cache.",
          Tags.of("cache", name, "event", event),
          of -> of.counters(name).getOrDefault(event, 0L));
    }
  }

  private void cacheCounter(
      String cache, String name, String description, ToDoubleFunction<CacheStats> value) {
    counter("sluice.cache." + name, description, Tags.of("cache", cache), of(cache, value));
  }

  private void cacheGauge(
      String cache, String name, String description, ToDoubleFunction<CacheStats> value) {
    gauge("sluice.cache." + name, description, Tags.of("cache", cache), of(cache, value));
  }

  private static ToDoubleFunction<MountFigures> of(
      String cache, ToDoubleFunction<CacheStats> value) {
    return figures -> {
      CacheStats stats = figures.caches().get(cache);
      return stats == null ? 0 : value.applyAsDouble(stats);
    };
  }

  /** Binds the figures of plugins that were not there the last time. */
  public void bindPlugins() {
    for (PluginMeters.Meter meter : figures.meters().all()) {
      if (!bound.add(meter)) {
        continue;
      }
      String name = "sluice.plugin." + meter.name().replace('-', '.');
      Tags tags = Tags.of("plugin", meter.plugin());
      if (meter.isCounter()) {
        counter(name, meter.description(), tags, of -> meter.value().getAsDouble());
      } else {
        gauge(name, meter.description(), tags, of -> meter.value().getAsDouble());
      }
    }
  }

  private void counter(String name, String description, ToDoubleFunction<MountFigures> value) {
    counter(name, description, Tags.empty(), value);
  }

  private void counter(
      String name, String description, Tags tags, ToDoubleFunction<MountFigures> value) {
    FunctionCounter.builder(name, figures, value)
        .description(description)
        .tags(tags)
        .register(registry);
  }

  private void gauge(
      String name, String description, Tags tags, ToDoubleFunction<MountFigures> value) {
    Gauge.builder(name, figures, value).description(description).tags(tags).register(registry);
  }
}
