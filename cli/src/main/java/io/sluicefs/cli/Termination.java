// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cli;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Turns SIGTERM and SIGINT into an interrupt of the thread that holds the mount, and ends the
 * process with status 0 when that thread is through.
 */
final class Termination implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(25);

  private final Thread holder = Thread.currentThread();
  private final CountDownLatch closed = new CountDownLatch(1);
  private final Thread hook = new Thread(this::run, "sluice-termination");
  private volatile boolean asked;

  private Termination() {}

  /** Starts listening for signals on behalf of the calling thread, until closed. */
  static Termination install() {
    Termination termination = new Termination();
    Runtime.getRuntime().addShutdownHook(termination.hook);
    return termination;
  }

  private void run() {
    holder.interrupt();
    boolean through = false;
    try {
      through = closed.await(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    // Without this the status would be the signal's.
    Runtime.getRuntime().halt(asked && through ? ExitStatus.OK : ExitStatus.FAILURE);
  }

  /** Says that the holder was interrupted while all was well. */
  void asked() {
    asked = true;
  }

  @Override
  public void close() {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // The hook is running and waits for this.
      System.getLogger("io.sluicefs.cli").log(System.Logger.Level.INFO, "ended by a signal");
    }
    closed.countDown();
  }
}
