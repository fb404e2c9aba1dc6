// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.integrity;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.sluicefs.spi.ByteRange;
import io.sluicefs.spi.transport.StoredChecksum;
import java.util.List;
import java.util.OptionalLong;

/** One version of an object until all its bytes were read. Thread-safe. */
final class WatchedObject {
  /** What a read made known of the bytes. */
  enum Outcome {
    /** Not all were read, or they were compared before. */
    OPEN,
    /** They are those the store keeps. */
    SAME,
    /** They are not. */
    DIFFERENT
  }

  private final StoredChecksum kept;

  @GuardedBy("this")
  private final Coverage coverage;

  @GuardedBy("this")
  private boolean compared;

  WatchedObject(StoredChecksum kept) {
    this.kept = kept;
    this.coverage = new Coverage(kept.size(), kept.algorithm());
  }

  synchronized List<Coverage.Claim> claim(ByteRange range) {
    return coverage.claim(range);
  }

  /** Ends the claims of a read. */
  synchronized Outcome settle(List<Coverage.Claim> claims) {
    claims.forEach(coverage::settle);
    OptionalLong checksum = coverage.checksum();
    if (checksum.isEmpty() || compared) {
      return Outcome.OPEN;
    }
    compared = true;
    return checksum.getAsLong() == kept.value() ? Outcome.SAME : Outcome.DIFFERENT;
  }

  /** Says how the bytes differ, once they were compared. */
  synchronized String difference() {
    return "the %s of its %d bytes is %x, and the store keeps %x"
        .formatted(
            kept.algorithm().title(), kept.size(), coverage.checksum().orElse(0), kept.value());
  }

  long size() {
    return kept.size();
  }
}
