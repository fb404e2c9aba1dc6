// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.fuse.jnr;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.sluicefs.spi.fuse.Caller;
import io.sluicefs.spi.fuse.ReadReply;
import java.lang.foreign.MemorySegment;

/**
 * A thread that takes requests from /dev/fuse and answers them one after the other. libfuse calls
 * back on the same thread, which the JVM knows, so that no callback attaches one.
 */
final class LoopThread extends Thread {
  private final Session session;
  private final MemorySegment request;
  private final ReadReply reply = new ReadReply();
  private final DirectoryBuffer directoryBuffer = new DirectoryBuffer();
  private final Object state = new Object();
  private Caller caller = new Caller(0, 0, 0);

  /** Of the C library, while the thread runs; 0 else. */
  @GuardedBy("state")
  private long nativeThread;

  /** Number of the request being answered; 0 while waiting for one. */
  @GuardedBy("state")
  private long answering;

  LoopThread(Session session, int index, MemorySegment request) {
    super("sluice-fuse-" + index);
    setDaemon(true);
    this.session = session;
    this.request = request;
  }

  /** Returns the thread a callback runs on. */
  static LoopThread current() {
    return (LoopThread) Thread.currentThread();
  }

  /** Returns who sent the request being answered. */
  Caller caller() {
    return caller;
  }

  /** Returns the request being answered. */
  MemorySegment request() {
    return request;
  }

  Session session() {
    return session;
  }

  ReadReply reply() {
    return reply;
  }

  DirectoryBuffer directoryBuffer() {
    return directoryBuffer;
  }

  @Override
  public void run() {
    synchronized (state) {
      nativeThread = LibC.currentThread();
    }
    try {
      session.loop(this);
    } finally {
      synchronized (state) {
        nativeThread = 0;
      }
    }
  }

  /** Notes which request the thread answers from now on. */
  void begin(long unique) {
    int uid = FuseRequest.uid(request);
    int gid = FuseRequest.gid(request);
    int pid = FuseRequest.pid(request);
    if (caller.uid() != uid || caller.gid() != gid || caller.pid() != pid) {
      caller = new Caller(uid, gid, pid);
    }
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
}
