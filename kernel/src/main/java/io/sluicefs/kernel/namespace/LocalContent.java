// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.namespace;

/** What a file holds while it is open for writing, whatever the store has. */
public interface LocalContent {
  /** Returns its size in bytes. */
  long size();

  /** Returns when it was last changed, in milliseconds since 1970. */
  long modifiedMillis();
}
