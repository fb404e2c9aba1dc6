// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** The process of a mount, which is no child of this one. */
final class DaemonProcess {
  private static final long LOOK_AGAIN_MILLIS = 5;

  private final Path stat;

  DaemonProcess(long pid) {
    stat = Path.of("/proc", Long.toString(pid), "stat");
  }

  /**
   * Waits until it has ended, whether or not its parent has asked how: the first process of many
   * containers never does.
   *
   * @return false if it has not ended in time
   */
  boolean awaitEnd(Duration within) throws InterruptedException {
    long deadline = System.nanoTime() + within.toNanos();
    while (!hasEnded()) {
      if (System.nanoTime() - deadline > 0) {
        return false;
      }
      TimeUnit.MILLISECONDS.sleep(LOOK_AGAIN_MILLIS);
    }
    return true;
  }

  private boolean hasEnded() {
    try {
      String line = Files.readString(stat, StandardCharsets.ISO_8859_1);
      // After the name, which may be anything, in parentheses; see proc_pid_stat(5).
      char state = line.charAt(line.lastIndexOf(')') + 2);
      return state == 'Z' || state == 'X';
    } catch (IOException e) {
      return true;
    }
  }
}
