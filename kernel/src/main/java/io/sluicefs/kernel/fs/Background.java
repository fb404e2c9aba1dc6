// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.fs;

import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import java.io.IOException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;

/** Does what must be done to its end, whether or not who asked for it waits. */
final class Background {
  /** What is done. */
  @FunctionalInterface
  interface Task {
    void run() throws IOException, InterruptedException;
  }

  private static final Set<Thread> RUNNING = ConcurrentHashMap.newKeySet();

  private Background() {}

  /**
   * Waits until nothing is being done.
   *
   * @return false if that takes longer than {@code within}
   */
  static boolean awaitIdle(Duration within) throws InterruptedException {
    long deadline = System.nanoTime() + within.toNanos();
    for (Thread thread : RUNNING) {
      if (!thread.join(Duration.ofNanos(Math.max(0, deadline - System.nanoTime())))) {
        return false;
      }
    }
    return true;
  }

  /** Runs a task on a thread of its own and waits for it, unless interrupted. */
  static void run(Task task) throws IOException, InterruptedException {
    CompletableFuture<Void> outcome = new CompletableFuture<>();
    Thread thread =
        Thread.ofVirtual()
            .name("sluice-store")
            .unstarted(
                () -> {
                  try {
                    task.run();
                    outcome.complete(null);
                  } catch (Throwable e) {
                    outcome.completeExceptionally(e);
                  } finally {
                    RUNNING.remove(Thread.currentThread());
                  }
                });
    RUNNING.add(thread);
    thread.start();
    try {
      outcome.get();
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case IOException failure -> throw failure;
        case RuntimeException failure -> throw failure;
        case Error failure -> throw failure;
        case null, default ->
            throw new StorageException(Kind.CANCELLED, "given up: " + e.getCause(), e);
      }
    }
  }
}
