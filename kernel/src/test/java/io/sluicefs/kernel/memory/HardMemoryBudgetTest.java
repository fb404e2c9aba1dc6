// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluicefs.spi.MemoryBudget.Registration;
import io.sluicefs.spi.MemoryBudget.Use;
import io.sluicefs.spi.MemoryReservation;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
@SuppressWarnings("MustBeClosedChecker") // reservations are closed one by one, in the order tested
class HardMemoryBudgetTest {
  private final HardMemoryBudget budget = new HardMemoryBudget(100, 10);
  private final BlockingQueue<String> events = new LinkedBlockingQueue<>();
  private final List<Thread> threads = new ArrayList<>();

  @AfterEach
  void joinThreads() throws Exception {
    for (Thread thread : threads) {
      thread.join(TimeUnit.SECONDS.toMillis(30));
      assertTrue(!thread.isAlive(), () -> "still waits: " + thread.getName());
    }
    assertEquals(0, budget.reserved());
  }

  @Test
  void onlyReadsGetTheLastSlice() {
    MemoryReservation write = Objects.requireNonNull(budget.tryReserve(90, Use.WRITE));
    assertNull(budget.tryReserve(1, Use.WRITE));
    assertNull(budget.tryReserve(1, Use.READ_AHEAD));
    assertEquals(0, budget.available(Use.WRITE));
    assertEquals(10, budget.available(Use.READ));
    MemoryReservation read = Objects.requireNonNull(budget.tryReserve(10, Use.READ));
    assertNull(budget.tryReserve(1, Use.READ));
    assertEquals(100, budget.reserved());
    read.close();
    read.close();
    assertEquals(90, budget.reserved());
    write.close();
    assertEquals(0, write.bytes());
  }

  @Test
  void moreThanThereEverIsIsRefusedAtOnce() {
    assertThrows(IllegalArgumentException.class, () -> budget.reserve(101, Use.READ));
    assertThrows(IllegalArgumentException.class, () -> budget.reserve(91, Use.WRITE));
    assertThrows(IllegalArgumentException.class, () -> new HardMemoryBudget(10, 10));
  }

  @Test
  void underALowerLimitNothingIsHandedOutUntilItHolds() {
    MemoryReservation write = Objects.requireNonNull(budget.tryReserve(40, Use.WRITE));
    MemoryReservation cached = Objects.requireNonNull(budget.tryReserve(40, Use.READ));
    Registration cache =
        budget.addReclaimer(
            bytes -> {
              events.add("asked for " + bytes);
              cached.close();
              return 40;
            });

    budget.resize(50, 10);

    assertEquals("asked for 30", events.poll());
    assertEquals(50, budget.limit());
    assertEquals(40, budget.reserved());
    assertNull(budget.tryReserve(1, Use.WRITE), "the rest is for reads");
    MemoryReservation read = Objects.requireNonNull(budget.tryReserve(10, Use.READ));
    assertNull(budget.tryReserve(1, Use.READ));
    List.of(read, write).forEach(MemoryReservation::close);
    cache.close();
  }

  @Test
  void whoeverWaitsIsServedByAHigherLimit() throws Exception {
    MemoryReservation all = budget.reserve(90, Use.WRITE);
    waitFor("second", 80, Use.WRITE);

    budget.resize(200, 10);

    assertEquals("second", events.poll(30, TimeUnit.SECONDS));
    all.close();
  }

  @Test
  void waitersAreServedInOrderOfArrival() throws Exception {
    MemoryReservation all = budget.reserve(90, Use.WRITE);
    waitFor("large", 80, Use.WRITE);
    waitFor("small", 20, Use.WRITE);

    all.close();

    assertEquals("large", events.poll(30, TimeUnit.SECONDS));
    assertEquals("small", events.poll(30, TimeUnit.SECONDS));
  }

  @Test
  void readsAreServedBeforeWriters() throws Exception {
    MemoryReservation all = budget.reserve(100, Use.READ);
    waitFor("write", 90, Use.WRITE);
    waitFor("read", 20, Use.READ);

    all.close();

    assertEquals("read", events.poll(30, TimeUnit.SECONDS));
    assertEquals("write", events.poll(30, TimeUnit.SECONDS));
  }

  @Test
  void readAheadGetsNothingWhileAnybodyWaits() throws Exception {
    MemoryReservation most = budget.reserve(60, Use.WRITE);
    assertEquals(30, budget.available(Use.READ_AHEAD));
    waitFor("write", 40, Use.WRITE);

    assertEquals(0, budget.available(Use.READ_AHEAD));
    assertNull(budget.tryReserve(10, Use.READ_AHEAD));
    assertNull(budget.tryReserve(10, Use.WRITE));
    budget.reserve(10, Use.READ).close();

    most.close();
    assertEquals("write", events.poll(30, TimeUnit.SECONDS));
  }

  @Test
  void anInterruptedWaiterLeavesTheQueue() throws Exception {
    MemoryReservation all = budget.reserve(90, Use.WRITE);
    Thread first = waitFor("first", 90, Use.WRITE);
    waitFor("second", 50, Use.WRITE);

    first.interrupt();
    assertEquals("first interrupted", events.poll(30, TimeUnit.SECONDS));
    all.close();

    assertEquals("second", events.poll(30, TimeUnit.SECONDS));
  }

  @Test
  void cachesGiveBackForReadsAndForWriters() throws Exception {
    Deque<MemoryReservation> cached = new ArrayDeque<>();
    try (Registration _ =
        budget.addReclaimer(
            bytes -> {
              long freed = 0;
              synchronized (cached) {
                while (freed < bytes && !cached.isEmpty()) {
                  freed += cached.peekFirst().bytes();
                  cached.removeFirst().close();
                }
              }
              return freed;
            })) {
      for (int i = 0; i < 9; i++) {
        cached.add(budget.reserve(10, Use.READ_AHEAD));
      }
      MemoryReservation write = Objects.requireNonNull(budget.tryReserve(10, Use.WRITE));
      assertEquals(8, cached.size());
      assertNull(budget.tryReserve(10, Use.READ_AHEAD));
      assertEquals(8, cached.size());

      MemoryReservation read = Objects.requireNonNull(budget.tryReserve(20, Use.READ));
      assertEquals(6, cached.size());
      budget.reserve(50, Use.WRITE).close();
      assertTrue(cached.size() <= 1, () -> "left: " + cached.size());
      write.close();
      read.close();
    }
    cached.forEach(MemoryReservation::close);
    assertNull(budget.tryReserve(101, Use.READ));
  }

  @Test
  void aBlockThatBecomesReclaimableLaterIsFoundByWhoWaits() throws Exception {
    Deque<MemoryReservation> unpinned = new ConcurrentLinkedDeque<>();
    MemoryReservation pinned = budget.reserve(100, Use.READ);
    try (Registration _ =
        budget.addReclaimer(
            bytes -> {
              MemoryReservation free = unpinned.pollFirst();
              if (free == null) {
                return 0;
              }
              free.close();
              return 100;
            })) {
      waitFor("read", 10, Use.READ);
      unpinned.add(pinned);
      assertEquals("read", events.poll(30, TimeUnit.SECONDS));
    }
  }

  @Test
  void theLimitHoldsHoweverManyReserve() throws Exception {
    List<Use> uses = List.of(Use.READ, Use.WRITE, Use.READ_AHEAD);
    try (ExecutorService executor = Executors.newFixedThreadPool(8)) {
      List<Future<?>> results = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        Random random = new Random(i);
        results.add(
            executor.submit(
                () -> {
                  for (int round = 0; round < 5_000; round++) {
                    Use use = uses.get(random.nextInt(3));
                    int bytes = 1 + random.nextInt(40);
                    try (MemoryReservation held =
                        use == Use.READ_AHEAD
                            ? budget.tryReserve(bytes, use)
                            : budget.reserve(bytes, use)) {
                      long reserved = budget.reserved();
                      assertTrue(reserved <= 100, () -> "reserved " + reserved);
                      assertTrue(held == null || reserved >= held.bytes());
                    }
                  }
                  return null;
                }));
      }
      for (Future<?> result : results) {
        result.get();
      }
    }
  }

  /** Starts a thread that reserves, and returns when it waits. */
  private Thread waitFor(String name, long bytes, Use use) {
    Thread thread =
        Thread.ofPlatform()
            .name(name)
            .start(
                () -> {
                  try {
                    MemoryReservation held = budget.reserve(bytes, use);
                    events.add(name);
                    held.close();
                  } catch (InterruptedException e) {
                    events.add(name + " interrupted");
                  }
                });
    threads.add(thread);
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (thread.getState() != Thread.State.TIMED_WAITING) {
      assertTrue(System.nanoTime() < deadline, "never waits");
      Thread.onSpinWait();
    }
    return thread;
  }
}
