// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.fuse.direct;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import io.sluicefs.spi.testkit.fuse.FileContent;
import io.sluicefs.spi.testkit.fuse.MemoryFileSystem;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/** Requests as Linux would never send them: each has one reply, and what follows is served. */
class RequestFuzzTest {
  private static final Set<Integer> UNANSWERED =
      Set.of(Protocol.FORGET, Protocol.BATCH_FORGET, Protocol.INTERRUPT, Protocol.NOTIFY_REPLY);
  private static final int MOST_REQUESTS = 20;
  private static final int LARGEST_BODY = 10_000;

  /** What the requests of so many inputs make, open and leave open fits into the heap. */
  private static final int INPUTS_OF_A_SESSION = 10_000;

  /** An INTERRUPT must not name a later request by chance. */
  private static final long FIRST = 0x5eed_0000_0000_0000L;

  private static SocketSession session;
  private static long unique = FIRST;
  private static int inputs;

  @BeforeAll
  @SuppressWarnings("MustBeClosedChecker") // closed after all tests
  static void startSession() throws Exception {
    MemoryFileSystem files = new MemoryFileSystem();
    files.addFile("file", FileContent.of(new byte[1000]));
    files.addFile("present", FileContent.present(FileContent.of(new byte[1000])));
    files.addDirectory("dir");
    session = SocketSession.start(files);
  }

  @AfterAll
  static void endSession() {
    session.close();
  }

  @FuzzTest
  void everyRequestIsAnsweredOnce(FuzzedDataProvider input) throws Exception {
    if (++inputs % INPUTS_OF_A_SESSION == 0) {
      endSession();
      startSession();
    }
    for (int i = 0; i < MOST_REQUESTS && input.remainingBytes() > 0; i++) {
      int operation = input.consumeInt(0, 70);
      long inode = input.consumeBoolean() ? input.consumeLong() : input.consumeLong(0, 4);
      exchange(operation, inode, input.consumeBytes(LARGEST_BODY));
    }
    exchange(Protocol.LOOKUP, 1, "file\0".getBytes(StandardCharsets.UTF_8));
  }

  private static void exchange(int operation, long inode, byte[] body) {
    unique += 2;
    session.send(operation, unique, inode, body);
    if (UNANSWERED.contains(operation)) {
      return;
    }
    MemorySegment reply = session.receive();
    int error = reply.get(JAVA_INT, 4);
    if (reply.byteSize() != reply.get(JAVA_INT, 0)
        || reply.get(JAVA_LONG, 8) != unique
        || error > 0
        || error <= -512
        || (error != 0 && reply.byteSize() != 16)) {
      throw new AssertionError(
          "operation %d, reply of %d to %d: error %d"
              .formatted(operation, reply.byteSize(), reply.get(JAVA_LONG, 8), error));
    }
  }
}
