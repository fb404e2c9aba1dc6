// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.write;

import io.sluicefs.kernel.staging.ExtentSet;
import io.sluicefs.spi.ByteRange;
import io.sluicefs.spi.StorageException;
import org.jspecify.annotations.Nullable;

/**
 * The bytes of a file that its writers were told the store failed to take, and have not written
 * again since: as long as there are any the file is not what they think it is. Guarded by its file.
 */
final class RefusedWrites {
  private @Nullable ExtentSet missing;
  private @Nullable StorageException last;

  /** A write of these bytes failed. */
  void add(ByteRange range, StorageException why) {
    if (missing == null) {
      missing = new ExtentSet();
    }
    missing.add(range);
    last = why;
  }

  /** These bytes were written. */
  void written(ByteRange range) {
    if (missing != null) {
      missing.remove(range);
    }
  }

  /** The file ends here now. */
  void cut(long size) {
    if (missing != null && missing.end() > size) {
      missing.remove(new ByteRange(size, missing.end()));
    }
  }

  /** Throws what the last write was refused with, if bytes are missing. */
  void check() throws StorageException {
    ExtentSet ranges = missing;
    StorageException why = last;
    if (ranges != null && !ranges.isEmpty() && why != null) {
      throw new StorageException(why.kind(), "a write was refused: " + why.getMessage(), why);
    }
  }
}
