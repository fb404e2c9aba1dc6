// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.fs;

import com.google.errorprone.annotations.MustBeClosed;
import io.sluicefs.kernel.read.ReadSession;

/** A read session that lives until its handle has another or is closed, and its last read ends. */
final class HandleSession {
  private final ReadSession session;
  private final int changes;
  private int users = 1;

  /**
   * Takes ownership of a session.
   *
   * @param changes of the inode when it was opened
   */
  HandleSession(ReadSession session, int changes) {
    this.session = session;
    this.changes = changes;
  }

  ReadSession session() {
    return session;
  }

  int changes() {
    return changes;
  }

  /** A use of the session; close ends it. */
  interface Use extends AutoCloseable {
    @Override
    void close();
  }

  /** Uses the session; false if it has ended. */
  synchronized boolean tryUse() {
    if (users == 0) {
      return false;
    }
    users++;
    return true;
  }

  /** Returns what ends a use that {@link #tryUse} began. */
  @MustBeClosed
  Use use() {
    return this::end;
  }

  /** Ends a use, or the handle's own. */
  void end() {
    synchronized (this) {
      users--;
      if (users > 0) {
        return;
      }
    }
    session.close();
  }
}
