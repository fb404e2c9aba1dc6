// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cli;

/**
 * What one check of the doctor found.
 *
 * @param check what was looked at, in a word or two
 * @param outcome how it is
 * @param detail what was seen, in one line
 * @param remedy what to do; empty if nothing is
 */
record Finding(String check, Outcome outcome, String detail, String remedy) {
  /** How it is. */
  enum Outcome {
    OK("ok"),
    /** It works, and not as well as it might. */
    WARNING("warn"),
    FAILED("FAIL"),
    /** It was not looked at, because of what failed before or is not configured. */
    SKIPPED("skip");

    private final String label;

    Outcome(String label) {
      this.label = label;
    }

    String label() {
      return label;
    }
  }

  static Finding ok(String check, String detail) {
    return new Finding(check, Outcome.OK, detail, "");
  }

  static Finding warning(String check, String detail, String remedy) {
    return new Finding(check, Outcome.WARNING, detail, remedy);
  }

  static Finding failed(String check, String detail, String remedy) {
    return new Finding(check, Outcome.FAILED, detail, remedy);
  }

  static Finding skipped(String check, String detail) {
    return new Finding(check, Outcome.SKIPPED, detail, "");
  }
}
