// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.benchmarks.comparison;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * A program that mounts the bucket, in the foreground.
 *
 * @param program its name
 * @param settings words that tell mounts of the same program apart; may be empty
 * @param version as the program tells it
 * @param command that mounts
 * @param environment of the command, added to what there is
 */
record Candidate(
    String program,
    String settings,
    String version,
    Command command,
    Map<String, String> environment) {
  static final String SLUICE = "sluice";

  /** Returns the words of a command. */
  @FunctionalInterface
  interface Command {
    /** Returns the command that mounts. */
    List<String> words(Path mountpoint);
  }

  /** Returns what it is called in the figures. */
  String name() {
    return settings.isEmpty() ? program : program + " " + settings;
  }

  boolean isSluice() {
    return program.equals(SLUICE);
  }
}
