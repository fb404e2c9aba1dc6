// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.fuse.direct;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.sluicefs.spi.MemoryBudget;
import io.sluicefs.spi.MemoryReservation;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The threads of a session, and which of them read.
 *
 * <p>A thread answers the request it has read by itself; nothing is handed over, which would cost
 * more than most requests do. Before one that may wait it {@linkplain #leave leaves} the readers.
 * While enough others read, that is all. Else another thread is promoted: one that is parked, or a
 * new one. With all threads busy the request is queued and the thread reads on, so that a request
 * that needs no waiting never waits behind one that does. Whoever is done takes what is queued,
 * then {@linkplain #rejoin reads again} if there is need, else parks.
 */
final class Crew {
  private static final long WAKE_AGAIN_MILLIS = 2;
  private static final int DESCRIBED_FRAMES = 12;

  private final Session session;
  private final MemoryBudget memory;
  private final RequestBuffers buffers;
  private final int most;
  private final int wanted;
  private final int least;

  @GuardedBy("this")
  private final List<ServingThread> threads = new ArrayList<>();

  @GuardedBy("this")
  private final Deque<ServingThread> parked = new ArrayDeque<>();

  @GuardedBy("this")
  private final Queue<QueuedRequest> queue = new ArrayDeque<>();

  @GuardedBy("this")
  private int reading;

  @GuardedBy("this")
  private int running;

  /** No more is read; what was read is answered. */
  private volatile boolean ending;

  /** What is being answered is interrupted, what is queued is dropped. */
  private volatile boolean aborted;

  /**
   * Creates a crew without threads.
   *
   * @param readers threads that read when all is quiet
   * @param most threads there may be
   */
  Crew(Session session, MemoryBudget memory, RequestBuffers buffers, int readers, int most) {
    this.session = session;
    this.memory = memory;
    this.buffers = buffers;
    this.most = most;
    wanted = Math.min(readers, most - 1);
    least = (wanted + 1) / 2;
  }

  /** Creates the first thread, before any runs: who negotiates borrows what it has. */
  @SuppressWarnings("MustBeClosedChecker") // the thread owns its reservation
  synchronized ServingThread first() throws InterruptedException {
    return add(memory.reserve(ServingThread.MEMORY, MemoryBudget.Use.READ));
  }

  @GuardedBy("this")
  private ServingThread add(MemoryReservation reservation) {
    ServingThread thread = new ServingThread(session, threads.size(), reservation);
    threads.add(thread);
    return thread;
  }

  /** Starts those who read. */
  synchronized void start() {
    while (reading < wanted) {
      ServingThread thread = unstarted();
      if (thread == null) {
        return;
      }
      promote(thread, buffers.take());
      run(thread);
    }
  }

  @GuardedBy("this")
  private @Nullable ServingThread unstarted() {
    for (ServingThread thread : threads) {
      if (thread.getState() == Thread.State.NEW) {
        return thread;
      }
    }
    return tryAdd();
  }

  @GuardedBy("this")
  @SuppressWarnings("MustBeClosedChecker") // the thread owns its reservation
  private @Nullable ServingThread tryAdd() {
    if (threads.size() == most) {
      return null;
    }
    MemoryReservation reservation = memory.tryReserve(ServingThread.MEMORY, MemoryBudget.Use.READ);
    return reservation == null ? null : add(reservation);
  }

  @GuardedBy("this")
  private void run(ServingThread thread) {
    running++;
    thread.start();
  }

  @GuardedBy("this")
  private void promote(ServingThread thread, @Nullable RequestBuffer buffer) {
    thread.setBuffer(buffer);
    thread.setReader(true);
    reading++;
  }

  /**
   * Called before a request that may wait.
   *
   * @return false if it was queued, or is dropped, and the thread is to read on
   */
  synchronized boolean leave(ServingThread thread) {
    if (aborted) {
      return false;
    }
    reading--;
    thread.setReader(false);
    if (reading >= least || ending || promoteAnother(thread) || reading > 0) {
      giveBufferBack(thread);
      return true;
    }
    if (!enqueue(thread)) {
      // No memory to keep a long write in: all wait until this one is written.
      return true;
    }
    reading++;
    thread.setReader(true);
    return false;
  }

  @GuardedBy("this")
  private boolean promoteAnother(ServingThread thread) {
    ServingThread follower = parked.poll();
    if (follower == null) {
      follower = tryAdd();
      if (follower == null) {
        return false;
      }
    }
    // A short request is copied, so that threads that wait hold no buffers.
    RequestBuffer buffer = thread.giveBufferAway();
    if (buffer == null) {
      buffer = buffers.take();
    }
    if (buffer == null) {
      parked.push(follower);
      return false;
    }
    promote(follower, buffer);
    if (follower.getState() == Thread.State.NEW) {
      run(follower);
    } else {
      LockSupport.unpark(follower);
    }
    return true;
  }

  /**
   * Lets whoever reads next have the buffer: to make one and to free it again costs a thousand
   * short reads, as freeing memory that threads share interrupts all of them.
   */
  @GuardedBy("this")
  private void giveBufferBack(ServingThread thread) {
    RequestBuffer unused = thread.giveBufferAway();
    if (unused != null) {
      buffers.give(unused);
    }
  }

  @GuardedBy("this")
  private boolean enqueue(ServingThread thread) {
    Request request = thread.request();
    if (request.length() <= ServingThread.SMALL_REQUEST) {
      queue.add(QueuedRequest.copyOf(request));
      return true;
    }
    RequestBuffer another = buffers.take();
    if (another == null) {
      return false;
    }
    queue.add(QueuedRequest.of(request, thread.buffer()));
    thread.setBuffer(another);
    return true;
  }

  /**
   * Called after a request that may have waited.
   *
   * @return a queued request to answer next; null if there is none
   */
  synchronized @Nullable QueuedRequest rejoin(ServingThread thread) {
    QueuedRequest next = aborted ? null : queue.poll();
    if (next == null) {
      tryRead(thread);
    }
    return next;
  }

  /** Gives back what held a queued request. */
  void answered(QueuedRequest request) {
    if (request.buffer() != null) {
      buffers.give(request.buffer());
    }
  }

  @GuardedBy("this")
  private boolean tryRead(ServingThread thread) {
    if (reading >= wanted) {
      return false;
    }
    RequestBuffer buffer = thread.buffer() == null ? buffers.take() : thread.buffer();
    if (buffer == null) {
      return false;
    }
    promote(thread, buffer);
    return true;
  }

  /**
   * Waits until the thread is needed.
   *
   * @return false if the session ends
   */
  boolean park(ServingThread thread) {
    synchronized (this) {
      if (ending || tryRead(thread)) {
        return !ending;
      }
      RequestBuffer unused = thread.buffer();
      if (unused != null) {
        thread.setBuffer(null);
        buffers.give(unused);
      }
      parked.push(thread);
    }
    while (!thread.isReader() && !ending) {
      LockSupport.park(this);
    }
    return !ending;
  }

  /** Interrupts the thread that answers a request. */
  boolean interrupt(long unique) {
    for (ServingThread thread : threads()) {
      if (thread.interruptIf(unique)) {
        return true;
      }
    }
    return false;
  }

  /** Takes a request out of the queue; null if it is not there. */
  synchronized @Nullable QueuedRequest dequeue(long unique) {
    for (QueuedRequest request : queue) {
      if (request.unique() == unique) {
        queue.remove(request);
        return request;
      }
    }
    return null;
  }

  /** Interrupts all that is being answered; the session goes on. */
  void interruptAll() {
    threads().forEach(ServingThread::interruptRequest);
  }

  private synchronized List<ServingThread> threads() {
    return List.copyOf(threads);
  }

  /** Says what threads that have not ended do, for the log. */
  String describe() {
    return threads().stream()
        .filter(thread -> thread.isAlive() && !thread.hasLeft())
        .map(
            thread ->
                thread.getName()
                    + (thread.isReader() ? " reads: " : " answers: ")
                    + Arrays.stream(thread.getStackTrace())
                        .limit(DESCRIBED_FRAMES)
                        .map(StackTraceElement::toString)
                        .collect(Collectors.joining(" < ")))
        .collect(Collectors.joining("; "));
  }

  boolean isEnding() {
    return ending;
  }

  /** Lets every thread end after the request it answers; nothing more is read. */
  void finish() {
    ending = true;
    threads().forEach(LockSupport::unpark);
  }

  /** Lets every thread end now: {@link #join}, or {@link #wakeAll} called often, sees to it. */
  void abort() {
    aborted = true;
    finish();
    synchronized (this) {
      notifyAll();
    }
  }

  /**
   * Gets threads that wait for a request to end, after {@link #finish}; those that answer one are
   * left alone.
   */
  void wakeReaders() {
    threads().forEach(ServingThread::wakeReader);
  }

  /**
   * Undoes {@link #finish}: reads again. Threads that have not ended meanwhile go on; those that
   * have are replaced.
   */
  void reopen() {
    List<ServingThread> gone = new ArrayList<>();
    synchronized (this) {
      ending = aborted;
      threads.removeIf(thread -> thread.hasLeft() && gone.add(thread));
      parked.removeAll(gone);
      start();
    }
    for (ServingThread thread : gone) {
      awaitEnd(thread);
      thread.free();
    }
  }

  private static void awaitEnd(ServingThread thread) {
    boolean interrupted = false;
    for (boolean over = false; !over; ) {
      try {
        thread.join();
        over = true;
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** Gets every thread out of whatever it waits for; one about to wait may miss it. */
  void wakeAll() {
    threads().forEach(ServingThread::wake);
  }

  /** Called by a thread as its last act. */
  synchronized void ended(ServingThread thread) {
    if (thread.isReader()) {
      reading--;
    }
    thread.leave();
    running--;
    if (!ending) {
      // It had seen the end that was undone since.
      start();
    }
    notifyAll();
  }

  synchronized int running() {
    return running;
  }

  /** Waits until no thread runs any more. */
  void join() {
    boolean interrupted = false;
    for (boolean over = false; !over; ) {
      try {
        synchronized (this) {
          while (running > 0) {
            if (aborted) {
              wakeAll();
            }
            wait(aborted ? WAKE_AGAIN_MILLIS : 0);
          }
        }
        for (ServingThread thread : threads()) {
          thread.join();
        }
        over = true;
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** Frees the memory of all threads; they have ended. */
  synchronized void free() {
    for (QueuedRequest request : queue) {
      answered(request);
    }
    queue.clear();
    threads.forEach(ServingThread::free);
  }
}
