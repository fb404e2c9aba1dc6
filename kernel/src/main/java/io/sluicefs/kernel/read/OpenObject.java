// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.read;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.sluicefs.kernel.read.Prefetch.Outcome;
import io.sluicefs.spi.ByteRange;
import io.sluicefs.spi.ObjectId;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import io.sluicefs.spi.cache.BlockLease;
import io.sluicefs.spi.prefetch.ReadAhead;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One version of an object while it is open: what all its sessions share. Its monitor is held for
 * moments only, never over a load.
 *
 * <p>{@code settled} are the blocks read-ahead has no business with: under way, in the cache as far
 * as is known, or delivered. The cache does not say what it evicts; a reader finds out when it
 * misses a settled block, and then the settled blocks from there on are doubted:
 *
 * <ul>
 *   <li>the bytes were delivered before: a second pass, or the Linux kernel dropped its pages. All
 *       is forgotten from there on, so that read-ahead works as on the first pass.
 *   <li>other bytes of the block were delivered: two readers share the block at the border of what
 *       they read. Only this block was missing.
 *   <li>nothing of the block was delivered: it was evicted before anybody read it. Read-ahead
 *       starts anew with what follows and was not delivered.
 * </ul>
 */
final class OpenObject {
  private static final Logger LOGGER = System.getLogger(OpenObject.class.getName());

  /** Requests of read-ahead are no shorter, unless the chunks are. */
  private static final int SHORTEST_REQUEST = 1 << 20;

  /** A run is long if it takes so many of the shortest requests. */
  private static final int LONG_RUN_REQUESTS = 4;

  /** Requests of Linux that overtake each other are no further apart. */
  private static final int JUMP = 4 << 20;

  /** Bytes of a request for what a reader waits for at the start of a long run. */
  private static final int PART = 256 << 10;

  /**
   * Part of a chunk that a request for a guess is: long, as each costs the processor what the
   * reader could have, but a reader who comes upon one waits for its end.
   */
  private static final int GUESS_PARTS = 2;

  /**
   * How long a request stays that no plan wants. Readers come back, and most requests end before:
   * to break a connection costs more than the rest of their bytes.
   */
  private static final long UNWANTED_NANOS = TimeUnit.MILLISECONDS.toNanos(250);

  private final ObjectId id;
  private final long size;
  private final int blockSize;
  private final ObjectTally tally;
  private final Prefetches prefetches;
  private final Headroom headroom;
  private final int chunkBlocks;
  private final int leastBlocks;
  private final int guessBlocks;
  private final int partBlocks;
  private final int mostPrefetches;

  @GuardedBy("this")
  private final BitSet settled = new BitSet();

  @GuardedBy("this")
  private final DeliveredPages delivered;

  /** Blocks of which a few pages were fetched alone. */
  @GuardedBy("this")
  private final BitSet fragments = new BitSet();

  @GuardedBy("this")
  private final List<Prefetch> running = new ArrayList<>();

  /** Those of the sessions and, while there are several, {@link #together}. */
  @GuardedBy("this")
  private final List<ReadAheadPlan> plans = new ArrayList<>();

  /**
   * What several sessions want together: threads with a handle each that take the pieces of a file
   * in turn read it in order, though none of them does. It sees the reads the cache did not have,
   * and those within its own window. Null until there was a second session.
   */
  @GuardedBy("this")
  private @Nullable ReadAheadPlan together;

  @GuardedBy("this")
  private int sessions;

  /** Blocks to be read before read-ahead tries again, after memory was short. */
  @GuardedBy("this")
  private int pause;

  /** Read-ahead met an error; the next load for a reader decides whether it lasts. */
  @GuardedBy("this")
  private boolean failing;

  @GuardedBy("this")
  private boolean closed;

  private volatile boolean refused;

  OpenObject(
      ObjectId id,
      long size,
      int blockSize,
      ObjectTally tally,
      Prefetches prefetches,
      Headroom headroom,
      int chunkBlocks,
      int mostPrefetches) {
    this.id = id;
    this.size = size;
    this.blockSize = blockSize;
    this.tally = tally;
    this.prefetches = prefetches;
    this.headroom = headroom;
    this.chunkBlocks = chunkBlocks;
    this.leastBlocks = Math.clamp(SHORTEST_REQUEST / blockSize, 1, chunkBlocks);
    this.guessBlocks = Math.max(leastBlocks, chunkBlocks / GUESS_PARTS);
    this.partBlocks = Math.clamp(PART / blockSize, 1, leastBlocks);
    this.mostPrefetches = mostPrefetches;
    this.delivered = new DeliveredPages(size, blockSize);
  }

  ObjectId id() {
    return id;
  }

  long size() {
    return size;
  }

  int blockSize() {
    return blockSize;
  }

  ObjectTally tally() {
    return tally;
  }

  /** Says that its bytes are not those the store keeps: nobody is to read on. */
  void refuse() {
    refused = true;
  }

  /** Throws if its bytes are not those the store keeps. */
  void requireTrust() throws StorageException {
    if (refused) {
      throw new StorageException(
          Kind.CORRUPT,
          "read of %s: bits changed on the way; open it again to read it anew".formatted(id.key()));
    }
  }

  /** Returns how it is at this moment. */
  OpenObjectStatus status() {
    List<ByteRange> loading = new ArrayList<>();
    List<OpenObjectStatus.Reader> readers = new ArrayList<>();
    Attachment attachment = null;
    synchronized (this) {
      for (Prefetch prefetch : running) {
        loading.add(bytes(prefetch.start(), prefetch.end()));
      }
      for (ReadAheadPlan plan : plans) {
        readers.add(
            new OpenObjectStatus.Reader(
                plan.attachment() == null,
                plan.position(),
                plan.describe(),
                limitOf(plan),
                plan.ranges()));
      }
      if (!plans.isEmpty() && !closed) {
        attachment = attachmentOf(plans.getFirst());
        attachment.retain();
      }
    }
    List<ByteRange> held = new ArrayList<>();
    if (attachment != null) {
      try {
        BitSet present = attachment.blocks().present();
        for (int start = present.nextSetBit(0); start >= 0; ) {
          int end = present.nextClearBit(start);
          held.add(bytes(start, end));
          start = present.nextSetBit(end);
        }
      } finally {
        attachment.release();
      }
    }
    return new OpenObjectStatus(tally.summary(), held, loading, readers);
  }

  /** Returns blocks as bytes. */
  ByteRange bytes(int start, int end) {
    return new ByteRange((long) start * blockSize, Math.min(size, (long) end * blockSize));
  }

  @GuardedBy("this")
  private String limitOf(ReadAheadPlan plan) {
    if (pause > 0) {
      return "memory was short";
    }
    if (failing) {
      return "the last request failed";
    }
    return plan.isCut() ? "the first cache has no room for more" : "";
  }

  synchronized boolean isShared() {
    return together != null;
  }

  /** Says by what the reads of several sessions are planned together; before a second is added. */
  synchronized void share(ReadAhead planner) {
    together = new ReadAheadPlan(this, null, planner, blockSize);
  }

  synchronized void add(ReadAheadPlan plan) {
    // The sessions' own first: what several want together loads through the first of them.
    plans.add(sessions, plan);
    headroom.add(plan);
    sessions++;
    if (sessions == 2 && together != null) {
      plans.add(together);
      headroom.add(together);
    }
  }

  /** Forgets a session's plan and cancels what no other wants. */
  void remove(ReadAheadPlan plan) {
    ReadAheadPlan common;
    synchronized (this) {
      plans.remove(plan);
      sessions--;
      tally.planned(plan.describe());
      common = sessions == 1 ? together : null;
      if (common != null) {
        plans.remove(common);
      }
      cancelUnwanted();
    }
    headroom.remove(plan);
    if (common != null) {
      headroom.remove(common);
    }
  }

  /**
   * Plans after a read of the bytes from {@code start} to {@code end}.
   *
   * @param missing offset of the first byte the cache did not have; {@code end} if it had all
   * @return most blocks the reader is to load in one request; what it reads beyond is on its way
   */
  int planAfter(ReadAheadPlan plan, long start, long end, long missing) {
    boolean wants;
    boolean inParts;
    ReadAheadPlan wanting = null;
    long now = System.nanoTime();
    long budget = headroom.budgetOf(plan, now);
    ByteRange justRead = new ByteRange(start, end);
    synchronized (this) {
      boolean isJump = start == 0 || Math.abs(start - plan.position()) > JUMP;
      if (missing < end) {
        noteMiss(plan, missing, end);
      } else {
        noteDelivered(start, end);
      }
      wants = plan(plan, justRead, budget, now) && canStart(plan);
      inParts = missing < end && isJump && startsLongRun(plan, missing);
      ReadAheadPlan shared = sessions > 1 ? together : null;
      if (shared != null && (missing < end || shared.plans(block(start)))) {
        budget = headroom.budgetOf(shared, now);
        if (plan(shared, justRead, budget, now) && canStart(shared)) {
          wanting = shared;
        }
      }
    }
    if (inParts) {
      loadBehindFirstPart(plan, block(missing), block(end - 1) + 1);
    }
    if (wants) {
      prefetches.submit(plan);
    }
    if (wanting != null) {
      prefetches.submit(wanting);
    }
    return inParts ? partBlocks : Integer.MAX_VALUE;
  }

  /**
   * Returns whether the reader jumped to where it misses a byte, and much is planned from there.
   */
  @GuardedBy("this")
  private boolean startsLongRun(ReadAheadPlan plan, long missing) {
    return plan.longestRun() >= LONG_RUN_REQUESTS * leastBlocks && !isUnderWay(block(missing));
  }

  /**
   * Starts to load what a reader who jumped to a long run waits for, so that it comes through
   * several connections as the rest of the run does.
   */
  private void loadBehindFirstPart(ReadAheadPlan plan, int first, int end) {
    Attachment attachment = plan.attachment();
    for (int start = first + partBlocks; attachment != null && start < end; start += partBlocks) {
      PartialLoad.start(attachment, start, Math.min(partBlocks, end - start));
    }
  }

  /** Notes bytes that had to be loaded and were handed out. */
  void delivered(ReadAheadPlan plan, long start, long end) {
    boolean wants;
    synchronized (this) {
      noteDelivered(start, end);
      wants = failing;
      failing = false;
      wants = wants && canStart(plan);
    }
    if (wants) {
      prefetches.submit(plan);
    }
  }

  @GuardedBy("this")
  private boolean plan(ReadAheadPlan plan, ByteRange justRead, long budget, long now) {
    try {
      plan.update(justRead, budget, now, delivered);
      headroom.plan(plan, plan.lengthWithout(delivered));
      cancelLeftBehind(now);
      return true;
    } catch (RuntimeException e) {
      LOGGER.log(Level.WARNING, "the prefetcher failed on " + id.key() + "; reading on without", e);
      return false;
    }
  }

  @GuardedBy("this")
  private void noteMiss(ReadAheadPlan plan, long missing, long end) {
    int block = block(missing);
    if (!settled.get(block) || isUnderWay(block)) {
      return;
    }
    try (BlockLease lease = attachmentOf(plan).blocks().get(block)) {
      if (lease != null) {
        // Another reader's load ended in between.
        return;
      }
    }
    long blockStart = (long) block * blockSize;
    long blockEnd = Math.min(size, blockStart + blockSize);
    if (delivered.containsAll(missing, Math.min(end, blockEnd))) {
      delivered.clearFrom(missing);
      settled.clear(block, Math.max(block, settled.length()));
    } else if (!delivered.containsAnyOf(block)) {
      doubtUndelivered(block);
    } else {
      settled.clear(block);
    }
    for (Prefetch prefetch : running) {
      settled.set(prefetch.start(), prefetch.end());
    }
  }

  @GuardedBy("this")
  private void doubtUndelivered(int from) {
    for (int block = from; block >= 0; block = settled.nextSetBit(block + 1)) {
      if (!delivered.containsAnyOf(block)) {
        settled.clear(block);
      }
    }
  }

  @GuardedBy("this")
  private boolean isUnderWay(int block) {
    for (Prefetch prefetch : running) {
      if (prefetch.start() <= block && block < prefetch.end()) {
        return true;
      }
    }
    return false;
  }

  @GuardedBy("this")
  private void noteDelivered(long start, long end) {
    int first = block(start);
    int after = block(end - 1) + 1;
    if (pause > 0 && !delivered.containsAny(start, start + 1)) {
      pause -= end % blockSize == 0 || end == size ? after - first : after - first - 1;
    }
    delivered.mark(start, end);
    settled.set(first, after);
  }

  @GuardedBy("this")
  private boolean canStart(ReadAheadPlan plan) {
    return pause <= 0 && !failing && !closed && hasRoomFor(plan);
  }

  /**
   * Returns whether the next request of a plan may be under way too. Guesses take what connections
   * others leave; others do not count them, as a reader who jumped would wait for guesses to end.
   */
  @GuardedBy("this")
  private boolean hasRoomFor(ReadAheadPlan plan) {
    int next = plan.firstWanted(settled);
    if (next < 0) {
      return false;
    }
    int counted = 0;
    for (Prefetch prefetch : running) {
      counted += prefetch.isGuess() && !plan.isGuess(next) ? 0 : 1;
    }
    return counted < mostPrefetches;
  }

  /** Returns the next request of a plan, which is under way from now on, or null. */
  synchronized @Nullable Prefetch startNext(ReadAheadPlan plan) {
    if (!plans.contains(plan) || !canStart(plan)) {
      return null;
    }
    int start = plan.firstWanted(settled);
    if (start < 0) {
      return null;
    }
    boolean guess = plan.isGuess(start);
    int blocks = guess ? guessBlocks : requestBlocks();
    boolean aligned = Integer.bitCount(blocks) == 1;
    int end = Math.min(plan.runEnd(start), (aligned ? start - start % blocks : start) + blocks);
    int next = settled.nextSetBit(start);
    if (next >= 0) {
      end = Math.min(end, next);
    }
    Attachment attachment = attachmentOf(plan);
    attachment.retain();
    Prefetch prefetch = new Prefetch(prefetches, this, attachment, start, end, guess);
    running.add(prefetch);
    settled.set(start, end);
    return prefetch;
  }

  @GuardedBy("this")
  private Attachment attachmentOf(ReadAheadPlan plan) {
    Attachment own = plan.attachment();
    // Sessions have one, and their plans come first.
    return own != null ? own : Objects.requireNonNull(plans.getFirst().attachment());
  }

  /**
   * Returns the blocks of a request: a chunk if the plans are long, fewer if they are short, so
   * that they come through as many connections as there may be and not through one. Of each plan
   * its longest run counts: others may be what a reader who jumped has left. Runs somewhat longer
   * than the shortest requests for all connections are divided evenly: a last one that has to wait
   * for a connection is as late as if it were of twice the length.
   */
  @GuardedBy("this")
  private int requestBlocks() {
    long planned = 0;
    for (ReadAheadPlan plan : plans) {
      planned += plan.longestRun();
    }
    long even = Math.ceilDiv(planned, (long) mostPrefetches);
    long share =
        even < 2L * leastBlocks ? even : Long.highestOneBit(Math.max(1, planned / mostPrefetches));
    return Math.clamp(share, leastBlocks, chunkBlocks);
  }

  /**
   * Returns whether a read of a few pages that the cache does not have is to be fetched alone,
   * which is noted. Not if it goes on with what was read, or read-ahead is there already, or it is
   * the second of its block: then others follow.
   */
  synchronized boolean startFragment(ReadAheadPlan plan, long start, long end) {
    int block = block(start);
    if (block != block(end - 1)
        || start == 0
        || delivered.containsAny(start - 1, start)
        || settled.get(block)
        || fragments.get(block)
        || plan.plans(block)) {
      return false;
    }
    fragments.set(block);
    return true;
  }

  /** Returns the first of some blocks of which something was delivered, or nothing; or the end. */
  synchronized int firstDelivered(int start, int end, boolean something) {
    int block = start;
    while (block < end && delivered.containsAnyOf(block) != something) {
      block++;
    }
    return block;
  }

  /**
   * Notes the end of a request.
   *
   * @param there how many of its blocks are there or were delivered
   * @return the plans that may have waited for it
   */
  Collection<ReadAheadPlan> ended(Prefetch prefetch, int there, Outcome outcome) {
    synchronized (this) {
      running.remove(prefetch);
      settled.clear(Math.min(prefetch.end(), prefetch.start() + there), prefetch.end());
      switch (outcome) {
        case DONE, CANCELLED -> {}
        case SHORT -> pause = Math.max(1, chunkBlocks / 2);
        case FAILED -> failing = true;
      }
      return List.copyOf(plans);
    }
  }

  /** Cancels what no plan left is for. */
  @GuardedBy("this")
  private void cancelUnwanted() {
    for (Prefetch prefetch : running) {
      if (!isWanted(prefetch, 0)) {
        prefetch.cancel();
      }
    }
  }

  /**
   * Cancels what was far from all plans for a while. Windows become narrower too when memory is
   * short, and what they leave is read all the same, so near is as far as requests under way reach.
   */
  @GuardedBy("this")
  private void cancelLeftBehind(long now) {
    for (Prefetch prefetch : running) {
      if (isWanted(prefetch, mostPrefetches * chunkBlocks)) {
        prefetch.wanted();
      } else if (prefetch.unwanted(now) > UNWANTED_NANOS) {
        prefetch.cancel();
      }
    }
  }

  @GuardedBy("this")
  private boolean isWanted(Prefetch prefetch, int reach) {
    for (ReadAheadPlan plan : plans) {
      if (plan.wantsAny(prefetch.start(), prefetch.end())
          || (reach > 0 && plan.reaches(prefetch.start(), reach))) {
        return true;
      }
    }
    return false;
  }

  /** Cancels what is under way and starts nothing more. */
  synchronized void close() {
    closed = true;
    running.forEach(Prefetch::cancel);
  }

  private int block(long offset) {
    return (int) (offset / blockSize);
  }
}
