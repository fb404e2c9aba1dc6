// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cli;

import java.io.PrintWriter;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * One line of a terminal that says how far loading has come, several times a second until closed.
 *
 * <p>Own code because the library for it, progressbar, needs JLine, which starts {@code stty} again
 * and again to learn the width and brings natives of its own to the module path of every daemon.
 */
final class ProgressLine implements AutoCloseable {
  private static final long PERIOD_MILLIS = 200;
  private static final int BAR = 24;
  private static final String TO_ITS_START = "\r";
  private static final String CLEAR_TO_ITS_END = "\033[K";

  private final @Nullable PrintWriter terminal;
  private final WarmProgress progress;
  private boolean ended;

  /**
   * Starts the line.
   *
   * @param terminal null to show nothing
   */
  ProgressLine(@Nullable PrintWriter terminal, WarmProgress progress) {
    this.terminal = terminal;
    this.progress = progress;
    if (terminal != null) {
      Thread.ofPlatform().daemon().name("progress-line").start(() -> write(terminal));
    }
  }

  private synchronized void write(PrintWriter terminal) {
    try {
      while (!ended) {
        terminal.print(TO_ITS_START + text() + CLEAR_TO_ITS_END);
        terminal.flush();
        wait(PERIOD_MILLIS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private String text() {
    long bytes = progress.bytes();
    long loaded = Math.min(progress.loadedBytes(), bytes);
    double share = bytes == 0 ? 1 : (double) loaded / bytes;
    int filled = (int) (share * BAR);
    long speed = progress.bytesPerSecond();
    String left = speed == 0 ? "" : ", %s left".formatted(duration((bytes - loaded) / speed));
    return String.format(
        Locale.ROOT,
        "[%s%s] %3d %%  %s of %s, %s/s%s",
        "=".repeat(filled),
        " ".repeat(BAR - filled),
        (int) (share * 100),
        ByteCount.text(loaded),
        ByteCount.text(bytes),
        ByteCount.text(speed),
        left);
  }

  private static String duration(long seconds) {
    return seconds < 3600
        ? "%d:%02d".formatted(seconds / 60, seconds % 60)
        : "%d:%02d:%02d".formatted(seconds / 3600, seconds / 60 % 60, seconds % 60);
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
