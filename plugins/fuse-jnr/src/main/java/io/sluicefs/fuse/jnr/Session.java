// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.fuse.jnr;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.sluicefs.spi.fuse.Errno;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** A mounted libfuse session and the threads that serve it. */
final class Session {
  private static final System.Logger LOG = System.getLogger(Session.class.getName());

  /** Interrupts kept for requests another thread has read but not begun; older ones are dropped. */
  private static final int MAX_EARLY_INTERRUPTS = 256;

  private static final int ERROR_REPLY = 16;

  /** What Linux says in place of ENODEV to a read under way while the session ends. */
  private static final int ECONNABORTED = 103;

  private final LibFuse libfuse;
  private final MemorySegment channel;
  private final MemorySegment fuse;
  private final MemorySegment session;
  private final int descriptor;
  private final OpenNodes openFiles;
  private final Arena arena = Arena.ofShared();
  private final List<LoopThread> threads = new ArrayList<>();
  private final Set<Long> earlyInterrupts = ConcurrentHashMap.newKeySet();
  private final AtomicInteger running = new AtomicInteger();
  private volatile boolean ending;

  @GuardedBy("this")
  private boolean destroyed;

  private volatile boolean over;
  private volatile boolean negotiated;
  private volatile int failure;

  private Session(
      LibFuse libfuse,
      MemorySegment channel,
      MemorySegment fuse,
      OpenNodes openFiles,
      int threadCount) {
    this.libfuse = libfuse;
    this.channel = channel;
    this.fuse = fuse;
    this.openFiles = openFiles;
    session = libfuse.session(fuse);
    descriptor = libfuse.descriptor(channel);
    long size = libfuse.bufferSize(channel);
    for (int i = 0; i < threadCount; i++) {
      threads.add(new LoopThread(this, i, arena.allocate(size, 4096)));
    }
  }

  /**
   * Mounts.
   *
   * @param options as after {@code -o}
   * @param operations libfuse's table of callbacks
   * @param openFiles what those callbacks opened
   * @throws IOException with libfuse's reason
   */
  static Session mount(
      LibFuse libfuse,
      String mountpoint,
      String options,
      MemorySegment operations,
      OpenNodes openFiles,
      int threads)
      throws IOException {
    try (Arena arena = Arena.ofConfined();
        StandardError errors = StandardError.capture()) {
      MemorySegment arguments = arguments(arena, "sluice", "-o", options);
      try {
        MemorySegment channel = libfuse.mount(mountpoint, arguments);
        if (channel.equals(MemorySegment.NULL)) {
          throw new IOException("cannot mount at " + mountpoint + ": " + errors.text());
        }
        MemorySegment fuse = libfuse.create(channel, arguments, operations);
        if (fuse.equals(MemorySegment.NULL)) {
          libfuse.unmount(mountpoint, channel);
          throw new IOException("cannot mount at " + mountpoint + ": " + errors.text());
        }
        return new Session(libfuse, channel, fuse, openFiles, threads);
      } finally {
        libfuse.freeArguments(arguments);
      }
    }
  }

  private static MemorySegment arguments(Arena arena, String... values) {
    MemorySegment argv = arena.allocate(ADDRESS, values.length + 1L);
    for (int i = 0; i < values.length; i++) {
      argv.setAtIndex(ADDRESS, i, arena.allocateFrom(values[i]));
    }
    MemorySegment arguments = arena.allocate(24, 8);
    arguments.set(JAVA_INT, 0, values.length);
    arguments.set(ADDRESS, 8, argv);
    return arguments;
  }

  /**
   * Answers the Linux kernel's first request, by which both sides agree on the protocol.
   *
   * @return false if the file system was unmounted before
   */
  boolean negotiate() {
    LoopThread buffers = threads.getFirst();
    MemorySegment cell = channelCell();
    while (loopOnce(buffers, cell)) {
      buffers.end();
      if (negotiated) {
        return true;
      }
    }
    return false;
  }

  /** Answers requests until the session ends. */
  void serve() throws IOException {
    running.set(threads.size());
    for (LoopThread thread : threads) {
      thread.start();
    }
    for (LoopThread thread : threads) {
      join(thread);
    }
    over = true;
    if (failure != 0 && !ending) {
      throw new IOException("serving /dev/fuse failed with errno " + failure);
    }
  }

  /** Serves on one thread. */
  void loop(LoopThread thread) {
    try {
      MemorySegment cell = channelCell();
      while (loopOnce(thread, cell)) {
        thread.end();
      }
    } catch (Throwable e) {
      LOG.log(System.Logger.Level.ERROR, "a FUSE thread ended", e);
      failure = Errno.EIO;
    } finally {
      running.decrementAndGet();
    }
  }

  private MemorySegment channelCell() {
    MemorySegment cell = arena.allocate(ADDRESS);
    cell.set(ADDRESS, 0, channel);
    return cell;
  }

  private boolean loopOnce(LoopThread thread, MemorySegment channelCell) {
    if (ending) {
      return false;
    }
    MemorySegment request = thread.request();
    int length = libfuse.receive(channelCell, request);
    if (length == -Errno.EINTR || length == -Errno.EAGAIN) {
      return !ending;
    }
    if (length <= 0) {
      failure = length == -ECONNABORTED ? 0 : -length;
      return false;
    }
    long unique = FuseRequest.unique(request);
    thread.begin(unique);
    int operation = FuseRequest.operation(request);
    if (operation == FuseRequest.INIT) {
      negotiated = true;
    } else if (operation == FuseRequest.INTERRUPT) {
      interrupt(FuseRequest.interrupted(request));
    } else if (operation == FuseRequest.GETATTR) {
      Long handle = openFiles.handleOf(FuseRequest.node(request));
      if (handle != null) {
        FuseRequest.setHandle(request, handle);
      }
    }
    if (!earlyInterrupts.isEmpty() && earlyInterrupts.remove(unique)) {
      thread.interrupt();
    }
    if (FuseRequest.namesAreUtf8(request, length)) {
      libfuse.process(session, request, length, channel);
    } else {
      answer(unique, operation == FuseRequest.LOOKUP ? Errno.ENOENT : Errno.EINVAL);
    }
    return true;
  }

  /** Interrupts whoever answers a request; libfuse itself only remembers that it should be. */
  private void interrupt(long unique) {
    for (LoopThread thread : threads) {
      if (thread.interruptIf(unique)) {
        return;
      }
    }
    if (earlyInterrupts.size() >= MAX_EARLY_INTERRUPTS) {
      earlyInterrupts.clear();
    }
    earlyInterrupts.add(unique);
  }

  /** Answers a request with an error, in libfuse's place. What libfuse answers later is ignored. */
  void answer(long unique, int errno) {
    try (Arena local = Arena.ofConfined()) {
      MemorySegment header = local.allocate(ERROR_REPLY, 8);
      header.set(JAVA_INT, 0, ERROR_REPLY);
      header.set(JAVA_INT, 4, -errno);
      header.set(JAVA_LONG, 8, unique);
      LibC.write(descriptor, header);
    }
  }

  /**
   * Ends the session whatever is open, and waits for its threads.
   *
   * @return false if a request was still being answered after {@code patience}
   */
  boolean end(Duration patience) throws InterruptedException {
    synchronized (this) {
      ending = true;
      if (!destroyed) {
        libfuse.exit(session);
      }
    }
    long deadline = System.nanoTime() + patience.toNanos();
    while (running.get() > 0 && System.nanoTime() < deadline) {
      for (LoopThread thread : threads) {
        thread.wake();
      }
      // A thread may have been about to wait when it was woken: wake it again.
      Thread.sleep(2);
    }
    return running.get() == 0;
  }

  /** Returns whether nobody answers requests any more. */
  boolean isOver() {
    return over;
  }

  /**
   * Frees everything, and closes /dev/fuse; the threads have ended. Unmounts nothing: what is at
   * the mountpoint now may be somebody else's.
   */
  synchronized void destroy() {
    destroyed = true;
    libfuse.destroy(fuse);
    arena.close();
  }

  private static void join(Thread thread) {
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
