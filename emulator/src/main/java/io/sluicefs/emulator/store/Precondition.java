// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.emulator.store;

import io.sluicefs.emulator.StoreException;
import io.sluicefs.emulator.StoredObject;
import org.jspecify.annotations.Nullable;

/** Decides, while nobody else can write the key, whether a write may happen. */
@FunctionalInterface
public interface Precondition {
  Precondition NONE = current -> {};

  /**
   * Throws when the write must not happen.
   *
   * @param current the object of that key now; null when there is none
   * @throws StoreException when the write is refused
   */
  void check(@Nullable StoredObject current);
}
