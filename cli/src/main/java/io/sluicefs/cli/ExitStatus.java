// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cli;

/** What the command ends with. */
final class ExitStatus {
  static final int OK = 0;

  /** Something did not work; a line on the error stream says what. */
  static final int FAILURE = 1;

  /** The command line is not understood. */
  static final int USAGE = 2;

  private ExitStatus() {}
}
