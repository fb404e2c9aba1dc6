// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.read;

import com.google.errorprone.annotations.MustBeClosed;
import io.sluicefs.spi.MemoryBudget;
import io.sluicefs.spi.ObjectId;
import io.sluicefs.spi.cache.BlockCache;
import io.sluicefs.spi.cache.BlockLoader;
import io.sluicefs.spi.cache.ObjectBlocks;
import io.sluicefs.spi.prefetch.PrefetchLimits;
import io.sluicefs.spi.prefetch.Prefetcher;
import io.sluicefs.spi.prefetch.PresentBytes;
import io.sluicefs.spi.prefetch.ReadAhead;
import io.sluicefs.spi.transport.Transport;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Reads objects through the caches, one a mount. Thread-safe.
 *
 * <p>The transport, the caches, the prefetcher and the budget are borrowed: their owner closes them
 * after this.
 */
public final class ObjectReaders implements AutoCloseable {
  private final Transport transport;
  private final List<Tier> tiers;
  private final Prefetcher prefetcher;
  private final Prefetches prefetches;
  private final Headroom headroom;
  private final Admission admission;
  private final Fragments fragments;
  private final ObjectTallies tallies = new ObjectTallies();
  private final Map<ObjectId, Shared> objects = new HashMap<>();

  /** Versions no longer in {@link #objects}, which are open as before; guarded by that. */
  private final List<Shared> refused = new ArrayList<>();

  /** Versions nobody opened since they were mistrusted; guarded by {@link #objects}. */
  private final Set<ObjectId> mistrusted = new HashSet<>();

  /**
   * Creates the readers of a mount.
   *
   * @param transport of the bucket, with retries and limits
   * @param tiers at least one, the one asked first at the front
   * @param prefetcher plans what to read ahead
   * @param memory the budget the tiers take their memory from
   */
  public ObjectReaders(
      Transport transport,
      List<BlockCache> tiers,
      Prefetcher prefetcher,
      MemoryBudget memory,
      ReadOptions options) {
    this.transport = transport;
    this.tiers = tiers.stream().map(cache -> new Tier(cache, new AtomicBoolean())).toList();
    this.prefetcher = prefetcher;
    this.prefetches =
        new Prefetches(() -> prefetcher.limits().requests(), options.readAheadRequests());
    this.admission = new Admission(blocks(tiers.get(0)));
    this.fragments = new Fragments(memory, options.smallestRead());
    this.headroom =
        new Headroom(tiers.get(0), memory, () -> prefetcher.limits().chunkSize(), options);
  }

  private static long blocks(BlockCache cache) {
    return cache.stats().capacityBytes() / cache.blockSize();
  }

  /** Goes by what the first cache holds from now on, after that has changed. */
  public void resized() {
    admission.resize(blocks(tiers.get(0).cache));
  }

  /**
   * Starts reading one version of an object; one an open file handle.
   *
   * @param size of the object in bytes
   */
  @MustBeClosed
  public ReadSession open(ObjectId id, long size) {
    ObjectTally tally = tallies.of(id, size);
    Attachment attachment = attach(id, size, tally);
    ReadAhead planner = planner(id, size, attachment);
    synchronized (objects) {
      Shared shared = objects.get(id);
      if (shared == null) {
        shared = new Shared(openObject(id, size, tally));
        objects.put(id, shared);
      } else if (!shared.object.isShared()) {
        // It sees no bytes: the attachments are the sessions', and go with them.
        shared.object.share(prefetcher.open(id, size, PresentBytes.NONE));
      }
      shared.sessions++;
      shared.object.tally().opened();
      return new ReadSession(this, admission, fragments, shared.object, attachment, planner);
    }
  }

  private ReadAhead planner(ObjectId id, long size, Attachment attachment) {
    try {
      return prefetcher.open(id, size, new AttachedBytes(attachment, size, blockSize()));
    } catch (RuntimeException e) {
      attachment.release();
      throw e;
    }
  }

  private int blockSize() {
    return tiers.get(0).cache.blockSize();
  }

  /** Returns what read-ahead did so far. */
  public ReadStats stats() {
    return prefetches.stats();
  }

  /** Returns what is open, as it is at this moment. */
  public List<OpenObjectStatus> open() {
    List<OpenObject> open;
    synchronized (objects) {
      open = objects.values().stream().map(shared -> shared.object).toList();
    }
    return open.stream().map(OpenObject::status).toList();
  }

  /** Returns what reading the objects opened last did, open or not; the latest at the end. */
  public List<ObjectSummary> summaries() {
    return tallies.all().stream().map(ObjectTally::summary).toList();
  }

  /** Returns the number of versions of objects that are open. */
  public int openObjects() {
    synchronized (objects) {
      return objects.size();
    }
  }

  /** Cancels what is under way and waits for it to end. Idempotent; close the sessions before. */
  @Override
  public void close() {
    prefetches.stop();
    List<Shared> left;
    synchronized (objects) {
      left = new ArrayList<>(objects.values());
      left.addAll(refused);
      objects.clear();
      refused.clear();
    }
    left.forEach(shared -> shared.object.close());
    prefetches.awaitEnd();
    fragments.close();
  }

  /**
   * Forgets the bytes of a version, which are not those the store keeps: who has it open gets
   * errors from now on, who opens it reads it anew.
   *
   * @param size of the object in bytes
   */
  public void mistrust(ObjectId id, long size) {
    synchronized (objects) {
      Shared shared = objects.remove(id);
      if (shared != null) {
        shared.object.refuse();
        refused.add(shared);
      }
      mistrusted.add(id);
    }
    for (Tier tier : tiers) {
      tier.cache.discard(id, size);
    }
  }

  /**
   * Returns whether pages of a version that the Linux kernel has are those the store keeps, as far
   * as is known; asked once when it is opened, as the Linux kernel drops them then.
   */
  public boolean trustsPages(ObjectId id) {
    synchronized (objects) {
      return !mistrusted.remove(id);
    }
  }

  /** Gives up one session's share of an object, which closes with the last. */
  void release(OpenObject object) {
    synchronized (objects) {
      Shared shared = find(object);
      if (shared == null || --shared.sessions > 0) {
        return;
      }
      objects.remove(object.id(), shared);
      refused.remove(shared);
    }
    object.close();
  }

  private @Nullable Shared find(OpenObject object) {
    Shared known = objects.get(object.id());
    if (known != null && known.object == object) {
      return known;
    }
    return refused.stream().filter(shared -> shared.object == object).findFirst().orElse(null);
  }

  private OpenObject openObject(ObjectId id, long size, ObjectTally tally) {
    int blockSize = blockSize();
    PrefetchLimits limits = prefetcher.limits();
    return new OpenObject(
        id,
        size,
        blockSize,
        tally,
        prefetches,
        headroom,
        (int) Math.max(1, limits.chunkSize() / blockSize),
        limits.requestsPerFile());
  }

  /** Attaches to all caches, each with the one below it as its loader; the first at the front. */
  private Attachment attach(ObjectId id, long size, ObjectTally tally) {
    List<ObjectBlocks> attached = new ArrayList<>();
    try {
      BlockLoader loader =
          (range, target, progress) -> transport.read(id, range, target, tally.counting(progress));
      for (int i = tiers.size() - 1; i > 0; i--) {
        loader = attachLower(tiers.get(i), id, size, loader, attached);
      }
      attached.add(attach(tiers.get(0).cache, id, size, loader));
      Collections.reverse(attached);
      return new Attachment(attached, loader);
    } catch (RuntimeException e) {
      attached.forEach(ObjectBlocks::close);
      throw e;
    }
  }

  private static BlockLoader attachLower(
      Tier tier, ObjectId id, long size, BlockLoader below, List<ObjectBlocks> attached) {
    try {
      ObjectBlocks blocks = attach(tier.cache, id, size, below);
      attached.add(blocks);
      return new LowerTier(blocks, below, tier.reported);
    } catch (RuntimeException e) {
      LowerTier.report(tier.reported, e);
      return below;
    }
  }

  @SuppressWarnings("MustBeClosedChecker") // the attachment owns it
  private static ObjectBlocks attach(BlockCache cache, ObjectId id, long size, BlockLoader loader) {
    return cache.attach(id, size, loader);
  }

  private record Tier(BlockCache cache, AtomicBoolean reported) {}

  /** An object and how many sessions share it; guarded by the map it is in. */
  private static final class Shared {
    final OpenObject object;
    int sessions;

    Shared(OpenObject object) {
      this.object = object;
    }
  }
}
