// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.benchmarks.comparison;

import java.nio.file.Path;
import java.util.List;

/**
 * What is done with a mount.
 *
 * @param name as it is called in the figures
 * @param description for people
 * @param anew whether a daemon does it that was just started, without warming up before
 * @param bytes of files that are read or written
 * @param operations 0 if bytes are what counts
 * @param uploads bytes the server must have before it counts as done
 * @param objects what it reads; made before
 * @param leaves keys it writes; deleted after
 * @param programs that do it, all at once
 */
record Work(
    String name,
    String description,
    boolean anew,
    long bytes,
    int operations,
    long uploads,
    List<Source> objects,
    List<String> leaves,
    Programs programs) {
  /** Returns the same for a daemon that was just started. */
  Work onNewDaemon() {
    return new Work(name, description, true, bytes, operations, uploads, objects, leaves, programs);
  }

  /** An object of computed content. */
  record Source(String key, long size) {}

  /** Returns the programs for a mountpoint. */
  @FunctionalInterface
  interface Programs {
    List<Program> on(Path mountpoint);
  }
}
