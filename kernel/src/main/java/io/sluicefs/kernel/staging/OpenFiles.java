// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.staging;

import com.google.errorprone.annotations.MustBeClosed;
import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Files kept open, those used longest ago closed when there are too many, so that ten thousand
 * staged files do not take ten thousand descriptors. Thread-safe.
 */
final class OpenFiles implements AutoCloseable {
  private static final class Entry {
    private final LinuxFile file;
    private int users;

    Entry(LinuxFile file) {
      this.file = file;
    }
  }

  /** A file that stays open while this is. */
  final class Use implements AutoCloseable {
    private final Entry entry;
    private boolean closed;

    private Use(Entry entry) {
      this.entry = entry;
    }

    LinuxFile file() {
      return entry.file;
    }

    @Override
    public void close() {
      synchronized (OpenFiles.this) {
        if (!closed) {
          closed = true;
          entry.users--;
        }
      }
    }
  }

  private final int most;

  @GuardedBy("this")
  private final Map<Path, Entry> entries = new LinkedHashMap<>(16, 0.75f, true);

  @GuardedBy("this")
  private boolean closed;

  /**
   * Creates an empty set.
   *
   * @param most most files kept open while none of them is in use
   */
  OpenFiles(int most) {
    this.most = most;
  }

  /** Returns a file, opened if it is not open. */
  @MustBeClosed
  @SuppressWarnings("MustBeClosedChecker") // closed when it gives way to others
  synchronized Use use(Path path) throws IOException {
    Entry entry = entries.get(path);
    if (entry == null) {
      checkOpen();
      entry = new Entry(LinuxFile.open(path));
      keep(path, entry);
    }
    entry.users++;
    return new Use(entry);
  }

  /** Keeps a file that was just made. */
  synchronized void adopt(Path path, LinuxFile file) throws IOException {
    checkOpen();
    keep(path, new Entry(file));
  }

  @GuardedBy("this")
  private void checkOpen() throws ClosedChannelException {
    if (closed) {
      throw new ClosedChannelException();
    }
  }

  @GuardedBy("this")
  private void keep(Path path, Entry entry) {
    Iterator<Entry> eldest = entries.values().iterator();
    int excess = entries.size() + 1 - most;
    while (excess > 0 && eldest.hasNext()) {
      Entry candidate = eldest.next();
      if (candidate.users == 0) {
        candidate.file.close();
        eldest.remove();
        excess--;
      }
    }
    entries.put(path, entry);
  }

  /** Closes a file nobody is using, such as one about to be deleted. */
  synchronized void close(Path path) {
    Entry entry = entries.remove(path);
    if (entry != null) {
      entry.file.close();
    }
  }

  /** Closes all files. Nobody may be using one. */
  @Override
  public synchronized void close() {
    closed = true;
    entries.values().forEach(entry -> entry.file.close());
    entries.clear();
  }

  /** Returns how many files are open. */
  synchronized int count() {
    return entries.size();
  }
}
