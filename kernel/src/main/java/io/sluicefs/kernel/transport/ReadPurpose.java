// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.transport;

/** Why the current thread reads from the store: bound around a prefetch, a demand otherwise. */
public enum ReadPurpose {
  /** Somebody waits for the bytes. */
  DEMAND,
  /** Nobody asked for them yet. */
  READ_AHEAD;

  private static final ScopedValue<ReadPurpose> CURRENT = ScopedValue.newInstance();

  /** Returns the purpose of what the current thread does. */
  public static ReadPurpose current() {
    return CURRENT.orElse(DEMAND);
  }

  /** Runs {@code action} with this purpose. */
  public void run(Runnable action) {
    ScopedValue.where(CURRENT, this).run(action);
  }
}
