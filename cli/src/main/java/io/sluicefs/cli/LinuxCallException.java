// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cli;

import java.io.IOException;
import java.nio.file.Path;

/** A system call about a file that failed. */
final class LinuxCallException extends IOException {
  private static final long serialVersionUID = 1;

  private final int errno;
  private final String meaning;

  LinuxCallException(Path file, int errno, String meaning) {
    super(file + ": " + meaning);
    this.errno = errno;
    this.meaning = meaning;
  }

  int errno() {
    return errno;
  }

  /** Returns what the C library says of the errno. */
  String meaning() {
    return meaning;
  }
}
