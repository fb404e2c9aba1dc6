// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cli;

import java.io.PrintWriter;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One line of a terminal that says how far something has come, several times a second until closed.
 * Nothing is shown where nobody looks, nor of what is done within a moment.
 *
 * <p>Own code because the library for it, progressbar, needs JLine, which starts {@code stty} again
 * and again to learn the width and brings natives of its own to the module path of every daemon.
 */
final class ProgressLine implements AutoCloseable {
  private static final long PERIOD_MILLIS = 200;
  private static final long MOMENT_MILLIS = 500;
  private static final String TO_ITS_START = "\r";
  private static final String CLEAR_TO_ITS_END = "\033[K";

  private final @Nullable PrintWriter terminal;
  private final Supplier<String> text;
  private boolean ended;

  private ProgressLine(@Nullable PrintWriter terminal, Supplier<String> text) {
    this.terminal = terminal;
    this.text = text;
    if (terminal != null) {
      Thread.ofPlatform().daemon().name("progress-line").start(() -> write(terminal));
    }
  }

  /**
   * Starts the line if the error stream is a terminal.
   *
   * @param err the error stream
   * @param text what it says at the moment, from any thread
   */
  static ProgressLine start(PrintWriter err, Supplier<String> text) {
    return new ProgressLine(
        LinuxProcess.isTerminal(LinuxProcess.STANDARD_ERROR) ? err : null, text);
  }

  /** Starts a line for something of which only the time it takes is known. */
  static ProgressLine waiting(PrintWriter err, String what) {
    long started = System.nanoTime();
    return start(
        err,
        () ->
            "%s, %d s"
                .formatted(what, TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - started)));
  }

  private synchronized void write(PrintWriter terminal) {
    try {
      for (long pause = MOMENT_MILLIS; !ended; pause = PERIOD_MILLIS) {
        TimeUnit.MILLISECONDS.timedWait(this, pause);
        if (!ended) {
          terminal.print(TO_ITS_START + text.get() + CLEAR_TO_ITS_END);
          terminal.flush();
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Takes the line away, for good. */
  synchronized void erase() {
    if (terminal != null && !ended) {
      ended = true;
      notifyAll();
      terminal.print(TO_ITS_START + CLEAR_TO_ITS_END);
      terminal.flush();
    }
  }

  @Override
  public void close() {
    erase();
  }
}
