// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cli;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * Turns SIGTERM and SIGINT into an interrupt of the thread that holds the mount, and ends the
 * process when that thread is through, with status 0 if nothing was lost or left.
 *
 * <p>What the thread does between the moment programs see the mount and its waiting for the end is
 * soon done, and is not cut short: a mount that somebody has seen is unmounted as any other.
 */
final class Termination implements AutoCloseable {
  /** How much longer than it may store a daemon may take to end. */
  private static final Duration SLACK = Duration.ofSeconds(5);

  private final Duration patience;
  private final Thread holder = Thread.currentThread();
  private final CountDownLatch closed = new CountDownLatch(1);
  private final Thread hook = new Thread(this::run, "sluice-termination");
  private volatile BooleanSupplier outcome = () -> false;
  private boolean isAsked;
  private boolean isHeldBack;

  private Termination(Duration patience) {
    this.patience = patience;
  }

  /**
   * Starts listening for signals on behalf of the calling thread, until closed.
   *
   * @param deadline how long the thread may finish what was begun
   */
  static Termination install(Duration deadline) {
    Termination termination = new Termination(deadline.plus(SLACK));
    Runtime.getRuntime().addShutdownHook(termination.hook);
    return termination;
  }

  private void run() {
    ask();
    boolean through = false;
    try {
      through = closed.await(patience.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    // Without this the status would be the signal's.
    Runtime.getRuntime()
        .halt(through && outcome.getAsBoolean() ? ExitStatus.OK : ExitStatus.FAILURE);
  }

  private synchronized void ask() {
    isAsked = true;
    if (!isHeldBack) {
      holder.interrupt();
    }
  }

  /** Keeps interrupts back until {@link #letThrough}. */
  synchronized void holdBack() {
    isHeldBack = true;
  }

  /** Interrupts the holder as soon as somebody asks to end, or now if somebody did. */
  synchronized void letThrough() {
    isHeldBack = false;
    if (isAsked) {
      holder.interrupt();
    }
  }

  /**
   * Says that the holder was interrupted while all was well.
   *
   * @param allIsWell whether it still is once this is closed
   */
  void asked(BooleanSupplier allIsWell) {
    outcome = allIsWell;
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
