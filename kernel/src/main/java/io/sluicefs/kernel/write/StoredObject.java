// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.write;

import io.sluicefs.spi.ObjectId;
import io.sluicefs.spi.transport.ObjectStat;

/**
 * A version of an object in the store.
 *
 * @param size in bytes
 */
public record StoredObject(ObjectId id, long size) {
  /** Returns the version a store tells of. */
  public static StoredObject of(ObjectStat stat) {
    return new StoredObject(stat.id(), stat.size());
  }
}
