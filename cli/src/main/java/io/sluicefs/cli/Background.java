// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cli;

import io.sluicefs.kernel.mount.MountException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * The daemon, which the launcher starts with a pipe from its output to whoever waits for the mount.
 * What goes wrong it says as a line in the pipe, which the launcher repeats; when the mount answers
 * it says so and the launcher leaves. Its error stream goes to the log as soon as that is known.
 */
final class Background {
  private static final String PROPERTY = "sluice.background";
  private static final String READY = "ready";

  private Background() {}

  /** Returns whether this process is the daemon. */
  static boolean isThis() {
    return Boolean.getBoolean(PROPERTY);
  }

  /** Leaves the caller's terminal; first thing the daemon does. */
  static void detach() {
    LinuxProcess.setsid();
  }

  /** Returns where the daemon says what went wrong. */
  static PrintWriter errors() {
    return new PrintWriter(System.out, true, StandardCharsets.UTF_8);
  }

  /** Lets what libraries and Java itself say on the error stream go to the log. */
  static void redirectErrors(Path log) throws MountException {
    LinuxProcess.redirect(log, LinuxProcess.STANDARD_ERROR);
  }

  /** Tells the caller that the mount answers, and leaves what is still shared with it. */
  static void ready(Path log) throws MountException {
    LinuxProcess.changeToRoot();
    System.out.println(READY);
    System.out.flush();
    LinuxProcess.redirect(log, LinuxProcess.STANDARD_OUTPUT);
  }
}
