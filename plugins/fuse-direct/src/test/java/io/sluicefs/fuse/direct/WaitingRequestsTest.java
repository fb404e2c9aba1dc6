// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.fuse.direct;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluicefs.spi.fuse.Errno;
import io.sluicefs.spi.fuse.FuseException;
import io.sluicefs.spi.testkit.fuse.FileContent;
import io.sluicefs.spi.testkit.fuse.MemoryFileSystem;
import io.sluicefs.spi.testkit.fuse.MemoryFileSystem.Operation;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What becomes of requests when many wait, seen from Linux's side of the device. */
@Timeout(value = 2, unit = TimeUnit.MINUTES)
class WaitingRequestsTest {
  /** Of a write; a socket takes no message of 1 MiB. */
  private static final int SIZE = 100_000;

  private final MemoryFileSystem files = new MemoryFileSystem();
  private final Semaphore passes = new Semaphore(0);
  private final Semaphore arrivals = new Semaphore(0);
  private long unique;

  /** Makes an operation wait for a pass. */
  private void hold(Operation held) {
    files.intercept(
        (operation, caller, inode, name) -> {
          if (operation == held) {
            arrivals.release();
            try {
              passes.acquire();
            } catch (InterruptedException e) {
              throw new FuseException(Errno.EINTR);
            }
          }
        });
  }

  private long send(SocketSession session, int operation, long inode, byte[] body) {
    unique += 2;
    session.send(operation, unique, inode, body);
    return unique;
  }

  private static byte[] name(String name) {
    return (name + '\0').getBytes(StandardCharsets.UTF_8);
  }

  private long open(SocketSession session, String name) {
    send(session, Protocol.LOOKUP, 1, name(name));
    long inode = session.receive().get(JAVA_LONG, 16);
    send(session, Protocol.OPEN, inode, new byte[8]);
    return session.receive().get(JAVA_LONG, 16);
  }

  private static byte[] range(long handle, long offset, int size, int data) {
    byte[] body = new byte[Protocol.WRITE_HEADER + data];
    MemorySegment bytes = MemorySegment.ofArray(body);
    bytes.set(JAVA_LONG.withByteAlignment(1), 0, handle);
    bytes.set(JAVA_LONG.withByteAlignment(1), 8, offset);
    bytes.set(JAVA_INT.withByteAlignment(1), 16, size);
    return body;
  }

  private static byte[] unique(long of) {
    byte[] body = new byte[8];
    MemorySegment.ofArray(body).set(JAVA_LONG.withByteAlignment(1), 0, of);
    return body;
  }

  @ParameterizedTest
  @CsvSource({"1,2", "1,4", "2,4", "4,4", "4,16"})
  void moreRequestsThanThreadsAreAnsweredAndWhatIsPresentPassesThem(int readers, int threads)
      throws Exception {
    files.addFile("present", FileContent.present(FileContent.pattern(1, 1000)));
    try (SocketSession session =
        SocketSession.start(files, new DirectFuseConfig(readers, threads))) {
      long handle = open(session, "present");
      hold(Operation.GETATTR);
      Set<Long> waiting = new TreeSet<>();
      for (int i = 0; i < 40; i++) {
        waiting.add(send(session, Protocol.GETATTR, 1, new byte[16]));
      }
      arrivals.acquireUninterruptibly(Math.max(1, threads - readers));
      for (int i = 0; i < 100; i++) {
        long read = send(session, Protocol.READ, 2, range(handle, i, 10, 0));
        MemorySegment reply = session.receive();
        assertEquals(read, reply.get(JAVA_LONG, 8));
        assertEquals(26, reply.byteSize());
      }
      passes.release(40);
      while (!waiting.isEmpty()) {
        MemorySegment reply = session.receive();
        assertEquals(0, reply.get(JAVA_INT, 4));
        assertTrue(waiting.remove(reply.get(JAVA_LONG, 8)));
      }
    }
    files.check();
  }

  @Test
  void requestsThatWaitHoldNoBuffers() throws Exception {
    DirectFuseConfig config = new DirectFuseConfig(2, 32);
    try (SocketSession session = SocketSession.start(files, config)) {
      hold(Operation.GETATTR);
      for (int i = 0; i < 100; i++) {
        send(session, Protocol.GETATTR, 1, new byte[16]);
      }
      arrivals.acquireUninterruptibly(30);
      long most = 3L * RequestBuffer.SIZE + 32L * ServingThread.MEMORY;
      assertTrue(session.reserved() <= most, session.reserved() + " of at most " + most);
      passes.release(100);
      for (int i = 0; i < 100; i++) {
        session.receive();
      }
    }
  }

  @Test
  void thoseWhoReadAgainFindTheBuffersOfThoseWhoWait() throws Exception {
    DirectFuseConfig config = new DirectFuseConfig(6, 12);
    try (SocketSession session = SocketSession.start(files, config)) {
      hold(Operation.GETATTR);
      for (int i = 0; i < 3; i++) {
        send(session, Protocol.GETATTR, 1, new byte[16]);
      }
      arrivals.acquireUninterruptibly(3);
      for (int i = 0; i < 20; i++) {
        send(session, Protocol.STATFS, 1, new byte[0]);
        assertEquals(0, session.receive().get(JAVA_INT, 4));
      }
      long most = 6L * RequestBuffer.SIZE + 12L * ServingThread.MEMORY;
      assertTrue(session.reserved() <= most, session.reserved() + " of at most " + most);
      passes.release(3);
      for (int i = 0; i < 3; i++) {
        session.receive();
      }
    }
  }

  @Test
  void writesThatWaitKeepTheirBytesAndHoldNobodyUp() throws Exception {
    files.addFile("sink", FileContent.of(new byte[0]));
    files.addFile("present", FileContent.present(FileContent.pattern(1, 1000)));
    try (SocketSession session = SocketSession.start(files, new DirectFuseConfig(2, 6))) {
      long present = open(session, "present");
      long sink = open(session, "sink");
      hold(Operation.WRITE);
      int writes = 20;
      for (int i = 0; i < writes; i++) {
        byte[] body = range(sink, (long) i * SIZE, SIZE, SIZE);
        Arrays.fill(body, Protocol.WRITE_HEADER, body.length, (byte) (i + 1));
        send(session, Protocol.WRITE, 3, body);
      }
      for (int i = 0; i < 50; i++) {
        long read = send(session, Protocol.READ, 2, range(present, i, 10, 0));
        assertEquals(read, session.receive().get(JAVA_LONG, 8));
      }
      passes.release(writes);
      for (int i = 0; i < writes; i++) {
        assertEquals(0, session.receive().get(JAVA_INT, 4));
      }
      byte[] written = files.bytes("sink");
      assertEquals(writes * SIZE, written.length);
      for (int i = 0; i < written.length; i++) {
        assertEquals(i / SIZE + 1, written[i]);
      }
    }
    files.check();
  }

  @Test
  void aRequestThatIsAnsweredIsInterrupted() throws Exception {
    try (SocketSession session = SocketSession.start(files, new DirectFuseConfig(2, 4))) {
      hold(Operation.GETATTR);
      long waiting = send(session, Protocol.GETATTR, 1, new byte[16]);
      arrivals.acquireUninterruptibly();
      send(session, Protocol.INTERRUPT, 0, unique(waiting));
      MemorySegment reply = session.receive();
      assertEquals(waiting, reply.get(JAVA_LONG, 8));
      assertEquals(-Errno.EINTR, reply.get(JAVA_INT, 4));
      passes.release();
      send(session, Protocol.GETATTR, 1, new byte[16]);
      assertEquals(0, session.receive().get(JAVA_INT, 4), "the next is not");
    }
  }

  @Test
  void aRequestNotYetBegunIsInterruptedOnceItIs() throws Exception {
    try (SocketSession session = SocketSession.start(files, new DirectFuseConfig(1, 4))) {
      hold(Operation.GETATTR);
      send(session, Protocol.INTERRUPT, 0, unique(1000));
      send(session, Protocol.STATFS, 1, new byte[0]);
      assertEquals(0, session.receive().get(JAVA_INT, 4));
      session.send(Protocol.GETATTR, 1000, 1, new byte[16]);
      MemorySegment reply = session.receive();
      assertEquals(1000, reply.get(JAVA_LONG, 8));
      assertEquals(-Errno.EINTR, reply.get(JAVA_INT, 4));
    }
  }

  @Test
  void aQueuedRequestIsInterruptedAtOnce() throws Exception {
    try (SocketSession session = SocketSession.start(files, new DirectFuseConfig(1, 2))) {
      hold(Operation.GETATTR);
      long first = send(session, Protocol.GETATTR, 1, new byte[16]);
      arrivals.acquireUninterruptibly();
      long queued = send(session, Protocol.GETATTR, 1, new byte[16]);
      send(session, Protocol.INTERRUPT, 0, unique(queued));
      MemorySegment reply = session.receive();
      assertEquals(queued, reply.get(JAVA_LONG, 8));
      assertEquals(-Errno.EINTR, reply.get(JAVA_INT, 4));
      passes.release();
      assertEquals(first, session.receive().get(JAVA_LONG, 8));
      assertEquals(1, files.count(Operation.GETATTR));
    }
  }

  @Test
  void theSessionEndsWithRequestsWaitingAndQueued() throws Exception {
    CountDownLatch interrupted = new CountDownLatch(3);
    files.intercept(
        (operation, caller, inode, name) -> {
          arrivals.release();
          try {
            Thread.sleep(TimeUnit.DAYS.toMillis(1));
          } catch (InterruptedException e) {
            interrupted.countDown();
            throw new FuseException(Errno.EINTR);
          }
        });
    try (SocketSession session = SocketSession.start(files, new DirectFuseConfig(1, 4))) {
      for (int i = 0; i < 20; i++) {
        send(session, Protocol.GETATTR, 1, new byte[16]);
      }
      arrivals.acquireUninterruptibly(3);
    }
    assertEquals(0, interrupted.getCount());
    assertEquals(3, files.count(Operation.GETATTR));
  }
}
