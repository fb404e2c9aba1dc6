// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.fuse.direct;

import io.sluicefs.spi.MemoryBudget;
import io.sluicefs.spi.fuse.Errno;
import io.sluicefs.spi.fuse.FuseException;
import io.sluicefs.spi.fuse.FuseHandover;
import io.sluicefs.spi.fuse.FuseNotifier;
import io.sluicefs.spi.fuse.FuseOperations;
import io.sluicefs.spi.fuse.MountOptions;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.time.Duration;

/** The requests of one mount, from the first to the last. */
final class Session {
  /** What Linux says in place of ENODEV to a read under way while the session ends. */
  private static final int ECONNABORTED = 103;

  private static final long WAKE_AGAIN_MILLIS = 2;
  private static final System.Logger LOG = System.getLogger(Session.class.getName());

  private final Device device;
  private final RequestBuffers buffers;
  private final Crew crew;
  private final Dispatcher dispatcher;
  private final Notifier notifier;
  private final MountOptions options;
  private final ServingThread first;
  private final Suspension suspension = new Suspension();
  private volatile boolean negotiating;
  private volatile boolean aborted;
  private volatile boolean over;

  /** Whether the device has no more requests, for good. */
  private volatile boolean ended;

  private volatile int failure;

  /**
   * Creates a session.
   *
   * @param device borrowed
   * @param buffers borrowed
   */
  Session(
      Device device,
      FuseOperations operations,
      MountOptions options,
      DirectFuseConfig config,
      MemoryBudget memory,
      RequestBuffers buffers)
      throws InterruptedException {
    this.device = device;
    this.buffers = buffers;
    this.options = options;
    crew = new Crew(this, memory, buffers, config.readers(), config.threads());
    dispatcher = new Dispatcher(operations, options, crew);
    notifier = new Notifier(device);
    first = crew.first();
  }

  Device device() {
    return device;
  }

  FuseNotifier notifier() {
    return notifier;
  }

  /**
   * Answers the Linux kernel's first request.
   *
   * @return false if the file system was unmounted before, or the session ended
   */
  boolean negotiate() throws IOException {
    RequestBuffer buffer = buffers.take();
    if (buffer == null) {
      throw new IOException("no memory is left to serve a mount; raise memory.limit");
    }
    negotiating = true;
    first.enterNative();
    try {
      while (true) {
        int length = read(first, buffer.segment());
        if (length < 0) {
          throwFailure();
          return false;
        }
        if (length > 0 && first.request().view(buffer.segment(), length) && settled()) {
          return true;
        }
      }
    } catch (FuseException e) {
      throw new IOException("the first request was no FUSE request", e);
    } finally {
      first.leaveNative();
      negotiating = false;
      buffers.give(buffer);
    }
  }

  private boolean settled() throws IOException, FuseException {
    Request request = first.request();
    if (request.operation() != Protocol.INIT) {
      first.reply().sendError(request.unique(), Errno.EIO);
      throw new IOException(
          "the descriptor of "
              + Mountpoint.DEVICE
              + " was served by somebody else before; mount and pass a new one");
    }
    return Negotiation.answer(request, first.reply(), options.maxReadAhead());
  }

  /** Answers requests until the session ends, or is left to another process. */
  void serve() throws IOException {
    crew.start();
    crew.join();
    while (suspension.await()) {
      crew.join();
    }
    over = true;
    notifier.close();
    throwFailure();
  }

  private void throwFailure() throws IOException {
    if (failure == Errno.EPERM && negotiating) {
      throw new IOException(
          "the descriptor of "
              + Mountpoint.DEVICE
              + " is not mounted; mount it with fd=N before it is passed");
    }
    if (failure != 0 && !aborted) {
      throw new IOException("serving /dev/fuse failed: " + LibC.message(failure));
    }
  }

  /** Serves on one thread. */
  void loop(ServingThread thread) {
    try {
      while (thread.isReader() || crew.park(thread)) {
        RequestBuffer buffer = thread.buffer();
        if (buffer == null) {
          throw new IllegalStateException("a reader without a buffer");
        }
        MemorySegment segment = buffer.segment();
        int length = read(thread, segment);
        if (length < 0) {
          return;
        }
        if (length > 0 && thread.request().view(segment, length)) {
          dispatcher.dispatch(thread);
        }
      }
    } catch (Throwable e) {
      LOG.log(System.Logger.Level.ERROR, "a FUSE thread ended", e);
      failure = Errno.EIO;
      crew.abort();
    } finally {
      crew.ended(thread);
    }
  }

  /**
   * Reads no more, and waits until all that was read is answered.
   *
   * @return false if that took longer than {@code within}, or the session ends; requests are
   *     answered as before then
   */
  boolean suspend(Duration within) throws InterruptedException {
    long deadline = System.nanoTime() + within.toNanos();
    notifier.pause();
    suspension.begin();
    boolean done = false;
    try {
      // A notification under way may wait for a program that waits for an answer.
      while (!notifier.isIdle() && System.nanoTime() < deadline) {
        Thread.sleep(WAKE_AGAIN_MILLIS);
      }
      if (!notifier.isIdle()) {
        LOG.log(System.Logger.Level.WARNING, "not suspended: a notification is under way");
        return false;
      }
      crew.finish();
      while (crew.running() > 0 && System.nanoTime() < deadline) {
        crew.wakeReaders();
        // A thread may have been about to wait when it was woken: wake it again.
        Thread.sleep(WAKE_AGAIN_MILLIS);
      }
      done = crew.running() == 0 && !ended;
      if (!done) {
        LOG.log(System.Logger.Level.WARNING, "not suspended: {0}", crew.describe());
      }
      return done;
    } finally {
      if (!done) {
        resume();
      }
    }
  }

  /** Returns what another process needs to go on; to be called while suspended. */
  FuseHandover handover() {
    return HandedSession.of(device, notifier);
  }

  /** Goes on with the session of another process, in place of {@link #negotiate}. */
  void goOn(HandedSession session) throws IOException {
    notifier.read(session.from());
  }

  /** Undoes {@link #suspend}, if that is how things are. */
  void wakeUp() {
    if (suspension.isOn()) {
      resume();
    }
  }

  private void resume() {
    if (!ended) {
      crew.reopen();
    }
    notifier.resume();
    suspension.end(true);
  }

  /** Ends, and leaves the device to another process; to be called while suspended. */
  void leave() {
    suspension.end(false);
  }

  /** Reads a request; the result is its length, 0 to try again, -1 at the end of the session. */
  private int read(ServingThread thread, MemorySegment buffer) {
    if (crew.isEnding()) {
      return -1;
    }
    int length = device.read(thread.callState(), buffer);
    if (length > 0) {
      return length;
    }
    // ENOENT: the request was taken back while it was read.
    if (length == -Errno.EINTR || length == -Errno.EAGAIN || length == -Errno.ENOENT) {
      return 0;
    }
    if (length != 0 && length != -Errno.ENODEV && length != -ECONNABORTED) {
      failure = -length;
    }
    ended = true;
    crew.finish();
    return -1;
  }

  /**
   * Ends the session whatever is open, and waits for its threads.
   *
   * @return false if a request was still being answered after {@code patience}
   */
  boolean end(Duration patience) throws InterruptedException {
    long deadline = System.nanoTime() + patience.toNanos();
    // A notification may wait for a lock that whoever waits for an answer holds. Linux does not
    // let go of the device, nor of the process, before it is through: answer until it is.
    notifier.disarm();
    for (int tries = 0; !notifier.isIdle() && System.nanoTime() < deadline; tries++) {
      if (tries > 50) {
        crew.interruptAll();
      }
      Thread.sleep(2);
    }
    aborted = true;
    crew.abort();
    suspension.end(false);
    while (isRunning() && System.nanoTime() < deadline) {
      crew.wakeAll();
      first.wake();
      // A thread may have been about to wait when it was woken: wake it again.
      Thread.sleep(2);
    }
    return !isRunning();
  }

  private boolean isRunning() {
    return negotiating || crew.running() > 0;
  }

  /** Returns whether nobody answers requests any more. */
  boolean isOver() {
    return over;
  }

  /** Frees everything; the threads have ended. */
  void free() {
    notifier.close();
    crew.free();
  }
}
