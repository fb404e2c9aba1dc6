// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cache.disk.lmdb;

import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Threads that wait for the disk in place of virtual ones: those would keep the few threads that
 * carry all virtual ones, and with them the network, waiting too. Knows when the disk hangs.
 */
final class DiskReader implements AutoCloseable {
  private static final int THREADS = 8;
  private static final long IDLE_SECONDS = 10;

  /** A read that takes longer says that the disk hangs, and the others leave it alone. */
  private static final long HANGS_AFTER_NANOS = TimeUnit.SECONDS.toNanos(2);

  private static final long NONE = Long.MAX_VALUE;

  private final ThreadPoolExecutor threads;
  private final AtomicLongArray started = new AtomicLongArray(THREADS);
  private final AtomicInteger next = new AtomicInteger();

  DiskReader() {
    threads =
        new ThreadPoolExecutor(
            THREADS,
            THREADS,
            IDLE_SECONDS,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            Thread.ofPlatform().daemon().name("cache-disk-reader-", 0).factory());
    threads.allowCoreThreadTimeOut(true);
    for (int i = 0; i < THREADS; i++) {
      started.set(i, NONE);
    }
  }

  /** Returns whether a read has been under way for so long that others should not wait for it. */
  boolean hangs() {
    long now = System.nanoTime();
    for (int i = 0; i < THREADS; i++) {
      long since = started.get(i);
      if (since != NONE && now - since > HANGS_AFTER_NANOS) {
        return true;
      }
    }
    return false;
  }

  /** Runs a read and returns its answer; what it reads into is the caller's again then. */
  <T> T read(Callable<T> read) throws DiskException {
    FutureTask<T> task = new FutureTask<>(() -> timed(read));
    if (Thread.currentThread().isVirtual()) {
      threads.execute(task);
    } else {
      task.run();
    }
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return task.get();
        } catch (InterruptedException e) {
          // The disk writes into the caller's memory until it is done.
          interrupted = true;
        }
      }
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case DiskException disk -> throw disk;
        case RuntimeException broken -> throw broken;
        case Error error -> throw error;
        case null, default -> throw new IllegalStateException("reading the disk broke", e);
      }
    } catch (CancellationException e) {
      throw new IllegalStateException("nobody cancels reads", e);
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private <T> T timed(Callable<T> read) throws Exception {
    int slot = Math.floorMod(next.getAndIncrement(), THREADS);
    started.set(slot, System.nanoTime());
    try {
      return read.call();
    } finally {
      started.set(slot, NONE);
    }
  }

  @Override
  public void close() {
    threads.shutdown();
  }
}
