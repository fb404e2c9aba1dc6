// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.mount;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * What a daemon writes down of its mount, so that others find it.
 *
 * @param pid the daemon
 * @param mountpoint where
 * @param source what; empty until it is known
 * @param log where its log goes; empty for its error stream
 */
public record MountRecord(long pid, Path mountpoint, String source, String log) {
  String text() {
    return List.of(Long.toString(pid), mountpoint.toString(), source, log).stream()
        .map(value -> value.replace("\n", "\\n"))
        .collect(Collectors.joining("\n", "", "\n"));
  }

  /** Returns the record of a text, empty if it is none. */
  static Optional<MountRecord> parse(String text) {
    String[] lines = text.split("\n", -1);
    if (lines.length != 5 || !lines[0].matches("[1-9][0-9]{0,9}")) {
      return Optional.empty();
    }
    return Optional.of(
        new MountRecord(
            Long.parseLong(lines[0]),
            Path.of(lines[1].replace("\\n", "\n")),
            lines[2],
            lines[3].replace("\\n", "\n")));
  }
}
