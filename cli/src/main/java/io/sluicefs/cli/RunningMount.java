// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cli;

import io.sluicefs.kernel.control.ControlClient;
import io.sluicefs.kernel.control.ControlException;
import io.sluicefs.kernel.mount.MountException;
import io.sluicefs.kernel.mount.MountRecord;
import io.sluicefs.kernel.mount.StateFolder;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/** A mount of this user on this host, and where it answers. */
record RunningMount(MountRecord record, Path socket) {
  /** Returns all of them. */
  static List<RunningMount> all() throws MountException {
    StateFolder state = StateFolder.ofThisUser();
    return state.all().stream()
        .map(record -> new RunningMount(record, state.socket(record)))
        .toList();
  }

  /**
   * Returns the mount a path is in.
   *
   * @throws MountException if it is in none of this user's
   */
  static RunningMount of(Path path) throws MountException {
    Path absolute = path.toAbsolutePath().normalize();
    return all().stream()
        .filter(mount -> absolute.startsWith(mount.record.mountpoint()))
        .max(Comparator.comparingInt(mount -> mount.record.mountpoint().getNameCount()))
        .orElseThrow(
            () ->
                new MountException(
                    path + " is in no mount of this user; sluice status lists those there are"));
  }

  /** Returns a path as the mount names it: relative to the mountpoint, empty for all of it. */
  String within(Path path) {
    return record.mountpoint().relativize(path.toAbsolutePath().normalize()).toString();
  }

  /** Asks it something. */
  Map<String, Object> ask(String verb, Map<String, ?> arguments) throws ControlException {
    try (ControlClient client = ControlClient.connect(socket)) {
      return client.ask(verb, arguments);
    }
  }
}
