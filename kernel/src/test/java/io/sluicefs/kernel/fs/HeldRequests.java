// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.fs;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluicefs.spi.testkit.transport.MemoryTransport;
import io.sluicefs.spi.testkit.transport.MemoryTransport.Gate;
import io.sluicefs.spi.testkit.transport.MemoryTransport.Operation;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.function.Executable;

/**
 * The requests of a kind, held until what could get ahead of them is done: for a second at most, as
 * it may have to wait for them.
 */
final class HeldRequests {
  private final CountDownLatch arrived = new CountDownLatch(1);
  private final CountDownLatch others;

  /**
   * Holds them from now on.
   *
   * @param others how often {@link #done} is to be called
   * @param then what becomes of them
   */
  HeldRequests(MemoryTransport bucket, Operation held, int others, Gate then) {
    this.others = new CountDownLatch(others);
    bucket.setGate(
        (operation, key) -> {
          if (operation == held) {
            arrived.countDown();
            boolean _ = this.others.await(1, TimeUnit.SECONDS);
            then.pass(operation, key);
          }
        });
  }

  HeldRequests(MemoryTransport bucket, Operation held, int others) {
    this(bucket, held, others, (operation, key) -> {});
  }

  /** Starts work that sends such a request, and waits until it has. */
  FutureTask<Boolean> start(Executable work) throws InterruptedException {
    FutureTask<Boolean> task = background(work);
    assertTrue(arrived.await(10, TimeUnit.SECONDS));
    return task;
  }

  /** Notes that something is done. */
  void done() {
    others.countDown();
  }

  /** Starts work on a thread of its own. */
  static FutureTask<Boolean> background(Executable work) {
    FutureTask<Boolean> task =
        new FutureTask<>(
            () -> {
              assertDoesNotThrow(work);
              return true;
            });
    Thread.startVirtualThread(task);
    return task;
  }
}
