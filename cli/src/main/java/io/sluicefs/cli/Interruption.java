// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cli;

import com.google.errorprone.annotations.MustBeClosed;

/**
 * Says a last word when a signal ends the process, which it does at once and with the signal's own
 * status.
 */
final class Interruption implements AutoCloseable {
  private final Thread hook;

  private Interruption(Runnable lastWord) {
    this.hook = new Thread(lastWord, "interruption");
  }

  /** Starts listening for signals, until closed. */
  @MustBeClosed
  static Interruption install(Runnable lastWord) {
    Interruption interruption = new Interruption(lastWord);
    Runtime.getRuntime().addShutdownHook(interruption.hook);
    return interruption;
  }

  @Override
  public void close() {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // The process is ending, and this thread with it.
      System.getLogger("io.sluicefs.cli").log(System.Logger.Level.DEBUG, "interrupted", e);
    }
  }
}
