// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.staging;

import io.sluicefs.spi.ByteRange;
import io.sluicefs.spi.ObjectId;
import java.time.Instant;

/** Something that happened to a staged file. */
sealed interface JournalRecord {
  /** It was made: the first record. */
  record Made(Instant started, long pid, StagedOrigin origin) implements JournalRecord {}

  /** Bytes were written and are in the data file. */
  record Written(ByteRange range) implements JournalRecord {}

  /** Bytes that are in no published object are in parts of an upload, and not here. */
  record Sent(ByteRange range) implements JournalRecord {}

  /** It ends here now. */
  record Truncated(long size) implements JournalRecord {}

  /** Bytes are no longer in the data file. */
  record Forgotten(ByteRange range) implements JournalRecord {}

  /** It is to be published under another key. */
  record Rekeyed(String key) implements JournalRecord {}

  /** What was sent is in an object now, and this object is what it lies over. */
  record Rebased(ObjectId base, long baseSize) implements JournalRecord {}

  /** It could not be published. */
  record Kept(String why) implements JournalRecord {}

  /** Its daemon is through with it and left it on disk. */
  record Left() implements JournalRecord {}
}
