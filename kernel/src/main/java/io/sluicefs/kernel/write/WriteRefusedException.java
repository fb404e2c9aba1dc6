// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.write;

import java.io.IOException;

/** A write, or a read of what was written, that this mount cannot carry out. */
public final class WriteRefusedException extends IOException {
  private static final long serialVersionUID = 1L;

  /** Why. */
  public enum Reason {
    /** It takes a staging file, and staging is off. */
    NO_STAGING,
    /** Neither memory nor staging has room. */
    NO_MEMORY,
    /** The object would be larger than the store takes. */
    TOO_LARGE,
    /** The bytes were streamed to the store and are readable only when the file is closed. */
    STREAMED
  }

  private final Reason reason;

  /** Creates an exception whose message is one line for a person. */
  public WriteRefusedException(Reason reason, String message) {
    super(message);
    this.reason = reason;
  }

  /** Returns why. */
  public Reason reason() {
    return reason;
  }
}
