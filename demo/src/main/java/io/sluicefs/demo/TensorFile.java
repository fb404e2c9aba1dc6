// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.demo;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.SplittableRandom;

/** Writes a model file: a header and then weights that are small finite numbers, reproducible by seed. */
final class TensorFile implements AutoCloseable {
  /** Keeps sign and low mantissa random and the exponent small, in BF16 and in F16. */
  private static final long RANDOM_BITS = 0x80FF80FF80FF80FFL;

  private static final long EXPONENT = 0x3C003C003C003C00L;

  private final FileChannel channel;
  private final Progress progress;

  TensorFile(Path file, Progress progress) throws IOException {
    this.channel =
        FileChannel.open(
            file,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE);
    this.progress = progress;
  }

  void write(ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      progress.add(channel.write(bytes));
    }
  }

  void writeTensors(long length, long seed) throws IOException {
    SplittableRandom random = new SplittableRandom(seed);
    ByteBuffer buffer = ByteBuffer.allocateDirect(1 << 20).order(ByteOrder.LITTLE_ENDIAN);
    for (long written = 0; written < length; ) {
      buffer.clear();
      while (buffer.hasRemaining()) {
        buffer.putLong((random.nextLong() & RANDOM_BITS) | EXPONENT);
      }
      buffer.flip().limit((int) Math.min(buffer.capacity(), length - written));
      written += buffer.limit();
      write(buffer);
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
