// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.spi.fuse;

/**
 * The answer to a FUSE request is an errno. Carries no stack trace, so that an absent name costs
 * little; whoever turns a failure into one has logged what an operator must know.
 */
public final class FuseException extends Exception {
  private static final long serialVersionUID = 1L;

  private final int errno;

  /** Creates an answer. */
  public FuseException(int errno) {
    super("errno " + errno, null, false, false);
    this.errno = errno;
  }

  /** Returns the errno, positive, as in {@link Errno}. */
  public int errno() {
    return errno;
  }
}
