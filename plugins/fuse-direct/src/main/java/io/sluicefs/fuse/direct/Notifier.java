// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.fuse.direct;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.sluicefs.spi.fuse.Errno;
import io.sluicefs.spi.fuse.FuseNotifier;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * Sends notifications on a thread of its own. Linux carries one out within the write that sends it,
 * and may wait there for a lock held by a program that itself waits for an answer: a thread that
 * answers must never send one, nor must one be under way when nobody answers any more.
 */
final class Notifier implements FuseNotifier, AutoCloseable {
  private static final System.Logger LOG = System.getLogger(Notifier.class.getName());

  /** What may wait to be sent. More is dropped: times to live bound what that can do. */
  private static final int MAX_WAITING = 100_000;

  private static final int MESSAGE_SIZE = 2048;
  private static final int MAX_NAME = 1024;

  /** In place of an offset: attributes only, no pages. */
  private static final long NO_PAGES = -1;

  private final Device device;

  @GuardedBy("this")
  private final Queue<Change> waiting = new ArrayDeque<>();

  @GuardedBy("this")
  private @Nullable Thread thread;

  @GuardedBy("this")
  private boolean sending;

  @GuardedBy("this")
  private boolean disarmed;

  @GuardedBy("this")
  private boolean dropping;

  /** Nothing is sent for the moment; what changes waits. */
  @GuardedBy("this")
  private boolean paused;

  /**
   * What has changed.
   *
   * @param inode whose attributes, or the directory of the name
   * @param name null for attributes
   */
  @SuppressWarnings("ArrayRecordComponent") // nobody compares changes
  private record Change(long inode, byte @Nullable [] name) {}

  Notifier(Device device) {
    this.device = device;
  }

  @Override
  public void invalidateEntry(long parent, String name) {
    byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
    if (bytes.length > 0 && bytes.length <= MAX_NAME) {
      enqueue(new Change(parent, bytes));
    }
  }

  @Override
  public void invalidateAttributes(long inode) {
    enqueue(new Change(inode, null));
  }

  private synchronized void enqueue(Change change) {
    if (disarmed) {
      return;
    }
    if (waiting.size() >= MAX_WAITING) {
      if (!dropping) {
        LOG.log(
            System.Logger.Level.WARNING,
            "more than {0} changes wait to be told to Linux; the rest is seen when times are over",
            MAX_WAITING);
      }
      dropping = true;
      return;
    }
    waiting.add(change);
    if (thread == null) {
      thread = Thread.ofPlatform().daemon().name("sluice-fuse-notify").start(this::run);
    }
    notifyAll();
  }

  private void run() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = LibC.callState(arena);
      MemorySegment message = arena.allocate(MESSAGE_SIZE, 8);
      MemorySegment piece = arena.allocate(16, 8);
      piece.set(JAVA_LONG, 0, message.address());
      while (true) {
        Change change = next();
        if (change == null) {
          return;
        }
        piece.set(JAVA_LONG, 8, build(message, change));
        int sent = device.write(state, piece, 1);
        // ENOENT and ENOTDIR: Linux does not know it. ENOTCONN, ENODEV: nor anything else by now.
        if (sent < 0 && sent != -Errno.ENOENT) {
          LOG.log(System.Logger.Level.DEBUG, "a notification was refused: errno {0}", -sent);
        }
      }
    } catch (RuntimeException | Error e) {
      LOG.log(System.Logger.Level.ERROR, "no more changes are told to Linux", e);
      disarm();
      sent();
    }
  }

  private synchronized void sent() {
    sending = false;
  }

  /** Waits for the next change; null at the end. */
  private synchronized @Nullable Change next() {
    sending = false;
    while ((waiting.isEmpty() || paused) && !disarmed) {
      try {
        wait();
      } catch (InterruptedException e) {
        // Nobody does that to a thread of the channel's own but to end it.
        disarmed = true;
      }
    }
    Change change = waiting.poll();
    sending = change != null;
    dropping = false;
    return change;
  }

  /** Builds a message and returns its length. */
  private static long build(MemorySegment message, Change change) {
    byte[] name = change.name();
    message.set(JAVA_LONG, 8, 0);
    message.set(JAVA_LONG, 16, change.inode());
    if (name == null) {
      message.set(JAVA_INT, 4, Protocol.NOTIFY_INVAL_INODE);
      message.set(JAVA_LONG, 24, NO_PAGES);
      message.set(JAVA_LONG, 32, 0);
      return finish(message, 40);
    }
    message.set(JAVA_INT, 4, Protocol.NOTIFY_INVAL_ENTRY);
    message.set(JAVA_INT, 24, name.length);
    message.set(JAVA_INT, 28, 0);
    MemorySegment.copy(MemorySegment.ofArray(name), 0, message, 32, name.length);
    message.asSlice(32 + name.length, 1).fill((byte) 0);
    return finish(message, 32 + name.length + 1);
  }

  private static long finish(MemorySegment message, int length) {
    message.set(JAVA_INT, 0, length);
    return length;
  }

  /** Writes down what waits to be sent. */
  synchronized void write(DataOutput to) throws IOException {
    to.writeInt(waiting.size());
    for (Change change : waiting) {
      byte[] name = change.name();
      to.writeLong(change.inode());
      to.writeShort(name == null ? -1 : name.length);
      if (name != null) {
        to.write(name);
      }
    }
  }

  /** Adds what {@link #write} wrote down. */
  void read(DataInput from) throws IOException {
    for (int left = from.readInt(); left > 0; left--) {
      long inode = from.readLong();
      int length = from.readShort();
      byte[] name = length < 0 ? null : new byte[length];
      if (name != null) {
        from.readFully(name);
      }
      enqueue(new Change(inode, name));
    }
  }

  /** Sends nothing more for the moment but what is under way. */
  synchronized void pause() {
    paused = true;
  }

  /** Undoes {@link #pause}. */
  synchronized void resume() {
    paused = false;
    notifyAll();
  }

  /** Sends nothing more but what is under way. */
  synchronized void disarm() {
    disarmed = true;
    waiting.clear();
    notifyAll();
  }

  /** Returns whether nothing is under way. */
  synchronized boolean isIdle() {
    return !sending;
  }

  /** Disarms, and waits for the thread. */
  @Override
  public void close() {
    disarm();
    Thread ending;
    synchronized (this) {
      ending = thread;
    }
    if (ending == null) {
      return;
    }
    try {
      ending.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
