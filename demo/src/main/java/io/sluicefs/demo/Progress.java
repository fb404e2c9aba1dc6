// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.demo;

import java.io.PrintStream;

/**
 * One line that says how far a step is: rewritten in place on a terminal, printed once otherwise.
 */
final class Progress {
  private static final long REDRAW_NANOS = 200_000_000;

  private final PrintStream out;
  private final boolean terminal;
  private String label = "";
  private long total;
  private long done;
  private long drawn;

  Progress(PrintStream out, boolean terminal) {
    this.out = out;
    this.terminal = terminal;
  }

  synchronized void start(String newLabel, long newTotal) {
    label = newLabel;
    total = newTotal;
    done = 0;
    drawn = System.nanoTime();
    if (!terminal) {
      out.println(label);
    }
  }

  synchronized void at(long bytes) {
    done = bytes;
    long now = System.nanoTime();
    if (terminal && now - drawn >= REDRAW_NANOS) {
      drawn = now;
      out.printf("\r%-60s %3d %%", label, total == 0 ? 100 : Math.min(100, done * 100 / total));
      out.flush();
    }
  }

  synchronized void end() {
    if (terminal) {
      out.printf("\r%-60s done%n", label);
    }
  }
}
