// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.fuse.direct;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluicefs.spi.fuse.Errno;
import io.sluicefs.spi.testkit.fuse.FileContent;
import io.sluicefs.spi.testkit.fuse.MemoryFileSystem;
import io.sluicefs.spi.testkit.fuse.MemoryFileSystem.Operation;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Requests as Linux would never send them, over a socket in place of the device. A failure names
 * its seed, and {@code -Dsluice.seed=…} repeats it.
 */
@Timeout(value = 2, unit = TimeUnit.MINUTES)
class MalformedRequestsTest {
  private static final Set<Integer> UNANSWERED =
      Set.of(Protocol.FORGET, Protocol.BATCH_FORGET, Protocol.INTERRUPT, Protocol.NOTIFY_REPLY);

  private final long seed = Long.getLong("sluice.seed", System.nanoTime());
  private final Random random = new Random(seed);
  private final MemoryFileSystem files = new MemoryFileSystem();
  private final SocketSession session;
  private long unique;

  @SuppressWarnings("MustBeClosedChecker") // closed after each test
  MalformedRequestsTest() throws Exception {
    files.addFile("file", FileContent.of(new byte[1000]));
    files.addFile("present", FileContent.present(FileContent.of(new byte[1000])));
    files.addDirectory("dir");
    session = SocketSession.start(files);
  }

  @AfterEach
  void endSession() throws Exception {
    session.close();
  }

  static IntStream operations() {
    return IntStream.concat(
        IntStream.rangeClosed(0, 60), IntStream.of(4096, 1_048_576, Integer.MAX_VALUE, -1));
  }

  @ParameterizedTest
  @MethodSource("operations")
  void everyRequestOfAnyLengthAndContentIsAnsweredOnce(int operation) throws Exception {
    for (int i = 0; i < 300; i++) {
      byte[] body = new byte[random.nextInt(random.nextBoolean() ? 120 : 10_000)];
      fill(body);
      exchange(operation, inode(), body);
    }
    assertSessionGoesOn();
  }

  /** Fills with what comes near to making sense: random, small numbers, huge ones, letters. */
  private void fill(byte[] body) {
    switch (random.nextInt(4)) {
      case 0 -> random.nextBytes(body);
      case 1 -> {
        for (int i = 0; i < body.length; i++) {
          body[i] = (byte) (i % 8 == 0 ? random.nextInt(4) : 0);
        }
      }
      case 2 -> Arrays.fill(body, (byte) (random.nextBoolean() ? 0xff : 0x7f));
      default -> Arrays.fill(body, (byte) 'a');
    }
  }

  private long inode() {
    return random.nextInt(4) == 0 ? random.nextLong() : random.nextInt(4);
  }

  /** Sends a request; checks that there is one reply, or none where none is due. */
  private int exchange(int operation, long inode, byte[] body) throws Exception {
    // INTERRUPT may by chance name a later request: those have numbers nobody guesses.
    unique += 2 + (random.nextInt() & 0xfffffL) * 2;
    session.send(operation, unique, inode, body);
    String what = "operation " + operation + ", body of " + body.length + ", seed " + seed;
    if (UNANSWERED.contains(operation)) {
      return 0;
    }
    MemorySegment reply = session.receive();
    assertEquals(reply.byteSize(), reply.get(JAVA_INT, 0), what);
    assertEquals(unique, reply.get(JAVA_LONG, 8), what);
    int error = reply.get(JAVA_INT, 4);
    assertTrue(error <= 0 && error > -512, what + ": error " + error);
    assertTrue(error == 0 || reply.byteSize() == 16, what);
    return -error;
  }

  private void assertSessionGoesOn() throws Exception {
    assertEquals(0, exchange(Protocol.LOOKUP, 1, name("file")));
    assertEquals(0, exchange(Protocol.STATFS, 1, new byte[0]));
  }

  private static byte[] name(String name) {
    return (name + '\0').getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void whatIsNoHeaderIsDropped() throws Exception {
    for (int length : new int[] {1, 4, 16, 39}) {
      byte[] bytes = new byte[length];
      random.nextBytes(bytes);
      session.sendBytes(bytes);
    }
    assertSessionGoesOn();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 39, 41, 1 << 20, Integer.MAX_VALUE, -1})
  void aLengthThatIsNotTheRequestsIsRefused(int length) throws Exception {
    session.sendBytes(SocketSession.request(Protocol.STATFS, 6, 1, new byte[0], length));
    MemorySegment reply = session.receive();
    assertEquals(-Errno.EPROTO, reply.get(JAVA_INT, 4));
    assertEquals(6, reply.get(JAVA_LONG, 8));
    assertSessionGoesOn();
  }

  @Test
  void aNameIsNeverReadBeyondItsRequest() throws Exception {
    // What is left of it in the buffer would complete the name that follows.
    assertEquals(0, exchange(Protocol.LOOKUP, 1, name("file")));
    assertEquals(
        Errno.EPROTO, exchange(Protocol.LOOKUP, 1, "fil".getBytes(StandardCharsets.UTF_8)));
    assertEquals(Errno.EPROTO, exchange(Protocol.LOOKUP, 1, new byte[0]));
    assertEquals(Errno.EPROTO, exchange(Protocol.LOOKUP, 1, name("")));
    assertEquals(Errno.EPROTO, exchange(Protocol.RENAME, 1, new byte[] {1, 0, 0, 0, 0, 0, 0, 0}));
    assertEquals(
        Errno.EPROTO,
        exchange(Protocol.RENAME, 1, new byte[] {1, 0, 0, 0, 0, 0, 0, 0, 'a', 0, 'b'}));
    assertEquals(Errno.EPROTO, exchange(Protocol.LOOKUP, 1, name("x".repeat(2000))));
    assertEquals(1, files.count(Operation.LOOKUP));
    assertEquals(0, files.count(Operation.RENAME));
  }

  @Test
  void aCountBeyondTheRequestIsRefused() throws Exception {
    long handle = open("file");
    for (int size : new int[] {11, 4096, 1 << 20, Integer.MAX_VALUE, -1}) {
      assertEquals(Errno.EPROTO, exchange(Protocol.WRITE, 2, write(handle, 0, size, 10)));
    }
    assertEquals(Errno.EINVAL, exchange(Protocol.WRITE, 2, write(handle, -1, 10, 10)));
    assertEquals(0, files.count(Operation.WRITE));
    assertEquals(0, exchange(Protocol.WRITE, 2, write(handle, 0, 10, 10)));
    assertEquals(1, files.count(Operation.WRITE));
  }

  private static byte[] write(long handle, long offset, int size, int length) {
    byte[] body = new byte[Protocol.WRITE_HEADER + length];
    MemorySegment bytes = MemorySegment.ofArray(body);
    bytes.set(JAVA_LONG.withByteAlignment(1), 0, handle);
    bytes.set(JAVA_LONG.withByteAlignment(1), 8, offset);
    bytes.set(JAVA_INT.withByteAlignment(1), 16, size);
    return body;
  }

  @ParameterizedTest
  @ValueSource(strings = {"file", "present"})
  void aReadOfAnAbsurdRangeIsRefusedOrEmpty(String name) throws Exception {
    long handle = open(name);
    assertEquals(Errno.EINVAL, exchange(Protocol.READ, 2, write(handle, -1, 10, 0)));
    assertEquals(Errno.EINVAL, exchange(Protocol.READ, 2, write(handle, 0, -1, 0)));
    assertEquals(0, exchange(Protocol.READ, 2, write(handle, Long.MAX_VALUE, 10, 0)));
    assertEquals(0, exchange(Protocol.READ, 2, write(handle, 0, Integer.MAX_VALUE, 0)));
    assertEquals(Errno.EBADF, exchange(Protocol.READ, 2, write(handle + 1, 0, 10, 0)));
  }

  private long open(String name) throws Exception {
    session.send(Protocol.LOOKUP, 2, 1, name(name));
    long inode = session.receive().get(JAVA_LONG, 16);
    session.send(Protocol.OPEN, 4, inode, new byte[8]);
    return session.receive().get(JAVA_LONG, 16);
  }

  @Test
  void aForgetOfMoreThanTheRequestHoldsForgetsNothing() throws Exception {
    assertEquals(0, exchange(Protocol.LOOKUP, 1, name("file")));
    for (int count : new int[] {2, 1000, Integer.MAX_VALUE, -1}) {
      exchange(Protocol.BATCH_FORGET, 0, forget(count));
    }
    assertSessionGoesOn();
    assertEquals(2, files.lookups());
    exchange(Protocol.BATCH_FORGET, 0, forget(1));
    assertEquals(0, exchange(Protocol.STATFS, 1, new byte[0]));
    assertEquals(1, files.lookups());
    files.check();
  }

  /** Forgets one lookup of inode 2. */
  private static byte[] forget(int count) {
    byte[] body = new byte[24];
    MemorySegment bytes = MemorySegment.ofArray(body);
    bytes.set(JAVA_INT.withByteAlignment(1), 0, count);
    bytes.set(JAVA_BYTE, 8, (byte) 2);
    bytes.set(JAVA_BYTE, 16, (byte) 1);
    return body;
  }

  @Test
  void anExtendedAttributeLongerThanItsRequestIsRefused() throws Exception {
    byte[] body = new byte[20];
    body[0] = 100;
    body[8] = 'a';
    assertEquals(Errno.EPROTO, exchange(Protocol.SETXATTR, 1, body));
    body[0] = 10;
    assertEquals(0, exchange(Protocol.SETXATTR, 1, body));
    assertEquals(1, files.count(Operation.XATTR));
  }
}
