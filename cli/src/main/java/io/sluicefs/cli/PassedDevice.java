// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cli;

import io.sluicefs.kernel.mount.MountException;
import java.util.Optional;

/**
 * A descriptor that the mountpoint {@code /dev/fd/N} names, on its way to the daemon: Java closes
 * all descriptors of a process it starts but the first three, so it travels as standard input.
 *
 * @param argument which argument names it
 * @param descriptor its number here
 */
record PassedDevice(int argument, int descriptor) {
  private static final String FOLDER = "/dev/fd/";

  /** Returns the descriptor a command line names as mountpoint. */
  static Optional<PassedDevice> in(String[] args) {
    for (int i = args.length - 1; i > 0; i--) {
      boolean isFile = args[i - 1].equals("-c") || args[i - 1].equals("--config");
      if (!isFile && args[i].matches(FOLDER + "[0-9]{1,9}")) {
        return Optional.of(
            new PassedDevice(i, Integer.parseInt(args[i].substring(FOLDER.length()))));
      }
    }
    return Optional.empty();
  }

  /** Makes it this process's standard input, for the daemon to inherit. */
  void becomeInput() throws MountException {
    if (!LinuxProcess.duplicate(descriptor, LinuxProcess.STANDARD_INPUT)) {
      throw new MountException(
          "mountpoint %s%d is not open; pass the mounted descriptor".formatted(FOLDER, descriptor));
    }
  }

  /** Returns the command line with the name it has in the daemon. */
  String[] renamedIn(String[] args) {
    String[] renamed = args.clone();
    renamed[argument] = FOLDER + LinuxProcess.STANDARD_INPUT;
    return renamed;
  }

  /** Returns what the daemon says, with the name it has here. */
  String namedHere(String line) {
    return line.replace(FOLDER + LinuxProcess.STANDARD_INPUT, FOLDER + descriptor);
  }
}
