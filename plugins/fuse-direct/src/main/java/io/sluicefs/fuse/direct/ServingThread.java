// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.fuse.direct;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.sluicefs.spi.MemoryReservation;
import io.sluicefs.spi.fuse.Caller;
import io.sluicefs.spi.fuse.ReadReply;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** A thread that takes requests from the device and answers them, with what it needs for that. */
final class ServingThread extends Thread {
  /** The longest request that is copied out of its buffer when another thread needs that. */
  static final int SMALL_REQUEST = 8 * 1024;

  /** Bytes a thread takes, without the buffer it reads into. */
  static final int MEMORY = Reply.SIZE + SMALL_REQUEST + 32 * 1024;

  private final Session session;
  private final MemoryReservation reservation;
  private final Arena arena = Arena.ofShared();
  private final MemorySegment callState = LibC.callState(arena);
  private final MemorySegment small = LibC.map(SMALL_REQUEST, arena);
  private final Request request = new Request();
  private final Reply reply;
  private final ReadReply readReply = new ReadReply();
  private final DirectoryReply directoryReply;
  private final Object state = new Object();
  private Caller caller = new Caller(0, 0, 0);

  /** What it reads into; none while it has nothing to read, or its request was copied out. */
  private @Nullable RequestBuffer buffer;

  /** Whether the crew counts on it to read. Set by whoever promotes it while it is parked. */
  private volatile boolean reader;

  /** Whether it takes no part any more: about to end, or not running. */
  private volatile boolean left;

  /** Of the C library, while the thread runs; 0 else. */
  @GuardedBy("state")
  private long nativeThread;

  /** Number of the request being answered; 0 while waiting for one. */
  @GuardedBy("state")
  private long answering;

  /** Creates a thread that owns its reservation. */
  ServingThread(Session session, int index, MemoryReservation reservation) {
    super("sluice-fuse-" + index);
    setDaemon(true);
    this.session = session;
    this.reservation = reservation;
    reply = new Reply(session.device(), callState, arena);
    directoryReply = new DirectoryReply(reply);
  }

  MemorySegment callState() {
    return callState;
  }

  Request request() {
    return request;
  }

  Reply reply() {
    return reply;
  }

  ReadReply readReply() {
    return readReply;
  }

  DirectoryReply directoryReply() {
    return directoryReply;
  }

  /** Returns who sent the request; the same object as long as it is the same. */
  Caller caller() {
    int uid = request.uid();
    int gid = request.gid();
    int pid = request.pid();
    if (caller.uid() != uid || caller.gid() != gid || caller.pid() != pid) {
      caller = new Caller(uid, gid, pid);
    }
    return caller;
  }

  boolean isReader() {
    return reader;
  }

  void setReader(boolean reader) {
    this.reader = reader;
  }

  /** Notes that it takes no part any more. */
  void leave() {
    left = true;
    reader = false;
  }

  boolean hasLeft() {
    return left;
  }

  @Nullable RequestBuffer buffer() {
    return buffer;
  }

  /** Takes a buffer, or gives the one it has away. */
  void setBuffer(@Nullable RequestBuffer buffer) {
    this.buffer = buffer;
  }

  /** Makes the thread's buffer free for another thread, if the request is short enough to copy. */
  @Nullable RequestBuffer giveBufferAway() {
    if (buffer == null || request.length() > SMALL_REQUEST) {
      return null;
    }
    MemorySegment.copy(request.buffer(), 0, small, 0, request.length());
    RequestBuffer given = buffer;
    buffer = null;
    request.view(small, request.length());
    return given;
  }

  @Override
  public void run() {
    enterNative();
    try {
      session.loop(this);
    } finally {
      leaveNative();
    }
  }

  /** From here on {@link #wake} gets the current thread out of a read. */
  void enterNative() {
    synchronized (state) {
      nativeThread = LibC.currentThread();
    }
  }

  void leaveNative() {
    synchronized (state) {
      nativeThread = 0;
    }
  }

  /** Notes which request the thread answers from now on. */
  void begin(long unique) {
    synchronized (state) {
      answering = unique;
    }
  }

  /** Notes that the request is answered, and takes back an interrupt that was meant for it. */
  @SuppressWarnings("ResultOfMethodCallIgnored") // clearing the flag is the purpose
  void end() {
    synchronized (state) {
      answering = 0;
      Thread.interrupted();
    }
  }

  /** Interrupts the thread if it answers this request. */
  boolean interruptIf(long unique) {
    synchronized (state) {
      if (answering != unique) {
        return false;
      }
      interrupt();
      return true;
    }
  }

  /** Interrupts the thread if it answers a request. */
  void interruptRequest() {
    synchronized (state) {
      if (answering != 0) {
        interrupt();
      }
    }
  }

  /** Gets the thread out of whatever it waits for. */
  void wake() {
    synchronized (state) {
      if (answering != 0) {
        interrupt();
      } else if (nativeThread != 0) {
        LibC.wake(nativeThread);
      }
    }
  }

  /** Gets the thread out of waiting for a request, unless it answers one. */
  void wakeReader() {
    synchronized (state) {
      if (answering == 0 && nativeThread != 0) {
        LibC.wake(nativeThread);
      }
    }
  }

  /** Frees its memory; it has ended. */
  void free() {
    if (buffer != null) {
      buffer.close();
      buffer = null;
    }
    if (arena.scope().isAlive()) {
      arena.close();
      reservation.close();
    }
  }
}
