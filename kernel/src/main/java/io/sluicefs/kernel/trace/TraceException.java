// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.trace;

/** A file is no trace that can be read. The message is one line: which file, what is wrong. */
public final class TraceException extends Exception {
  private static final long serialVersionUID = 1L;

  private final String problem;

  TraceException(String problem) {
    super(problem);
    this.problem = problem;
  }

  /** Returns the message. */
  public String problem() {
    return problem;
  }
}
