// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.integrity;

import java.util.concurrent.atomic.LongAdder;

/** What became of the objects that were to be compared with the store's checksums. Thread-safe. */
public final class IntegrityCounters {
  private final LongAdder verified = new LongAdder();
  private final LongAdder different = new LongAdder();
  private final LongAdder unknown = new LongAdder();

  /** Creates counters at zero. */
  public IntegrityCounters() {}

  /** Returns the objects that were read completely and are the store's. */
  public long verified() {
    return verified.sum();
  }

  /** Returns the objects that were read completely and are not the store's. */
  public long different() {
    return different.sum();
  }

  /** Returns the objects whose checksum the store does not keep, or did not tell. */
  public long unknown() {
    return unknown.sum();
  }

  void countVerified() {
    verified.increment();
  }

  void countDifferent() {
    different.increment();
  }

  void countUnknown() {
    unknown.increment();
  }
}
