// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.read;

import com.google.errorprone.annotations.MustBeClosed;
import io.sluicefs.spi.ObjectId;
import io.sluicefs.spi.testkit.read.ReadTransparencySuite;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;

/** One small memory cache with read-ahead in small chunks. */
@Timeout(120)
class ReadTransparencyTest extends ReadTransparencySuite {
  @SuppressWarnings("NullAway.Init") // set before each test
  private ReadStack stack;

  private int objects;

  ReadTransparencyTest() {}

  @BeforeEach
  @SuppressWarnings("MustBeClosedChecker") // closed after each test
  void openStack() throws Exception {
    stack = new ReadStack(ReadStack.MIB, Map.of("chunk-size", "256KiB"), blockSizes());
  }

  @AfterEach
  void closeStack() {
    stack.close();
  }

  List<Integer> blockSizes() {
    return List.of(64 * ReadStack.KIB);
  }

  @Override
  @MustBeClosed
  @SuppressWarnings("MustBeClosedChecker") // the reader closes it
  protected Reader open(byte[] object) {
    ObjectId id = stack.store.add("object" + objects++, "1", object);
    ReadSession session = stack.open(id, object.length);
    return new Reader() {
      @Override
      public byte[] read(long offset, int length) throws IOException {
        return ReadStack.read(session, offset, length);
      }

      @Override
      public void close() {
        session.close();
      }
    };
  }

  @Override
  protected List<Integer> boundaries() {
    return List.of(64 * ReadStack.KIB, 256 * ReadStack.KIB, ReadStack.MIB);
  }
}
