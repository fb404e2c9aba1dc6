// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.staging;

import io.sluicefs.spi.ByteRange;
import java.io.BufferedOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Random;

/**
 * Writes at random to a staged file until it is killed, and says each write before it is made and
 * again when it is made.
 */
final class StagingProgram {
  static final int SPACE = 4 << 20;
  private static final int LONGEST = 9_000;

  private StagingProgram() {}

  /** A write, whose bytes depend on its number only. */
  record Write(int number, int offset, int length) {
    byte[] bytes() {
      byte[] bytes = new byte[length];
      new Random(number).nextBytes(bytes);
      return bytes;
    }

    ByteRange range() {
      return ByteRange.of(offset, length);
    }
  }

  @SuppressWarnings("MustBeClosedChecker") // ends by being killed
  public static void main(String[] args) throws IOException {
    Random random = new Random(Long.parseLong(args[1]));
    StagingArea area = StagingFixture.area(Path.of(args[0]));
    StagedFile file = area.create(StagingFixture.NEW);
    DataOutputStream out = new DataOutputStream(new BufferedOutputStream(System.out));
    for (int number = 0; ; number++) {
      int length = 1 + random.nextInt(LONGEST);
      Write write = new Write(number, random.nextInt(SPACE - length), length);
      out.writeInt(write.offset);
      out.writeInt(write.length);
      out.flush();
      StagingFixture.write(file, write.offset, write.bytes());
      out.writeInt(number);
      out.flush();
    }
  }
}
