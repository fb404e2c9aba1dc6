// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.trace;

import io.sluicefs.spi.ObjectId;
import io.sluicefs.spi.prefetch.PrefetchLimits;
import io.sluicefs.spi.prefetch.Prefetcher;
import io.sluicefs.spi.prefetch.PresentBytes;
import io.sluicefs.spi.prefetch.ReadAhead;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Plans what a trace names in the order of the trace, and leaves everything else to the next
 * prefetcher: other objects, other versions of those in the trace, and handles that read something
 * else than was recorded. Thread-safe.
 */
public final class TraceReplayer implements Prefetcher {
  private static final Logger LOGGER = System.getLogger(TraceReplayer.class.getName());

  /** Windows reach as far ahead as so many times what may be under way for one object. */
  private static final long WINDOW_REQUESTS = 3;

  private final Path file;
  private final PrefetchLimits limits;
  private final Map<String, ObjectTrace> objects = new ConcurrentHashMap<>();
  private final Set<String> replayed = ConcurrentHashMap.newKeySet();
  private final Set<String> changed = ConcurrentHashMap.newKeySet();

  private TraceReplayer(Path file, TraceFile.Content content, PrefetchLimits limits) {
    this.file = file;
    this.limits = limits;
    content.objects().forEach(object -> objects.put(object.key(), object));
  }

  /**
   * Reads a trace.
   *
   * @param limits how plans are carried out
   * @throws TraceException if the file is none
   */
  public static TraceReplayer open(Path file, PrefetchLimits limits) throws TraceException {
    try {
      TraceFile.Content content = TraceFile.read(file);
      if (!content.damage().isEmpty()) {
        LOGGER.log(
            Level.WARNING,
            "the trace {0} {1}; what comes before is replayed",
            file,
            content.damage());
      }
      return new TraceReplayer(file, content, limits);
    } catch (NoSuchFileException e) {
      throw new TraceException(file + " does not exist; prefetch.record writes it");
    } catch (IOException e) {
      throw new TraceException("cannot read %s: %s".formatted(file, e.getMessage()));
    }
  }

  @Override
  public ReadAhead open(ObjectId id, long size) {
    ObjectTrace trace = objects.get(id.key());
    if (trace == null) {
      return new ReplayedReadAhead(null, 0);
    }
    if (!trace.etag().equals(id.etag()) || trace.size() != size) {
      if (changed.add(id.key())) {
        LOGGER.log(
            Level.INFO,
            "{0} is not the version the trace {1} is of and is read ahead without it ({2} such)",
            id.key(),
            file,
            changed.size());
      }
      return new ReplayedReadAhead(null, 0);
    }
    replayed.add(id.key());
    return new ReplayedReadAhead(
        trace, WINDOW_REQUESTS * limits.requestsPerFile() * limits.chunkSize());
  }

  @Override
  public ReadAhead open(ObjectId id, long size, PresentBytes present) {
    return open(id, size);
  }

  @Override
  public PrefetchLimits limits() {
    return limits;
  }

  /** Says how much of the trace was of use. Idempotent. */
  @Override
  public void close() {
    if (!objects.isEmpty()) {
      LOGGER.log(
          Level.INFO,
          "of {0} objects in the trace {1}, {2} were read and {3} had changed",
          objects.size(),
          file,
          replayed.size(),
          changed.size());
    }
    objects.clear();
  }
}
