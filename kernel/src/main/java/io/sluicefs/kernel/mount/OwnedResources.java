// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.mount;

import java.util.ArrayDeque;
import java.util.Deque;

/** What was opened for a mount, closed in the reverse order. Used by one thread at a time. */
final class OwnedResources implements AutoCloseable {
  /** Closes one thing. */
  @FunctionalInterface
  interface Closer {
    void close() throws Exception;
  }

  private static final System.Logger LOG = System.getLogger(OwnedResources.class.getName());

  private final Deque<Owned> owned = new ArrayDeque<>();

  /** Takes ownership of what {@code closer} closes. */
  void adopt(String name, Closer closer) {
    owned.push(new Owned(name, closer));
  }

  /** As {@link #adopt}, to be closed after all that was adopted before. */
  void adoptLast(String name, Closer closer) {
    owned.addLast(new Owned(name, closer));
  }

  /** Closes everything, whatever fails. Idempotent. */
  @Override
  public void close() {
    for (Owned next = owned.poll(); next != null; next = owned.poll()) {
      try {
        next.closer.close();
      } catch (Exception e) {
        LOG.log(System.Logger.Level.WARNING, "closing " + next.name + " failed", e);
      }
    }
  }

  private record Owned(String name, Closer closer) {}
}
