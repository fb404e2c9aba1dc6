// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.spi.fuse;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.sluicefs.spi.cache.BlockLease;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;

class ReadReplyTest {
  private final MemorySegment block = Arena.ofAuto().allocate(1000);
  private int open;

  @Test
  void piecesComeInOrderAndLeasesGoBackAtClose() {
    for (int i = 0; i < 1000; i++) {
      block.set(ValueLayout.JAVA_BYTE, i, (byte) i);
    }
    ReadReply reply = new ReadReply();
    for (int i = 0; i < 40; i++) {
      reply.adopt(lease(), i, 10);
    }
    assertEquals(40, reply.count());
    assertEquals(400, reply.length());
    assertEquals(39, reply.segment(39).get(ValueLayout.JAVA_BYTE, 0));
    assertEquals(40, open);
    reply.close();
    assertEquals(0, open);
    assertEquals(0, reply.count());
    assertEquals(0, reply.length());
    assertThrows(IndexOutOfBoundsException.class, () -> reply.segment(0));
  }

  @Test
  void aLeaseThatDoesNotFitIsClosedAtOnce() {
    try (ReadReply reply = new ReadReply()) {
      BlockLease lease = lease();
      assertThrows(IndexOutOfBoundsException.class, () -> reply.adopt(lease, 990, 11));
      assertEquals(0, open);
      assertEquals(0, reply.count());
    }
  }

  private BlockLease lease() {
    open++;
    return new BlockLease() {
      @Override
      public MemorySegment segment() {
        return block;
      }

      @Override
      public void close() {
        open--;
      }
    };
  }
}
