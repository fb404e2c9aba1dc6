// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.demo;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

/**
 * What runs in a child process: waits for a byte on standard input, loads files of the mount and
 * prints one SHA-256 a file.
 */
final class ReaderProcess {
  private ReaderProcess() {}

  /** Arguments: {@code whole FILE…} or {@code slices RANK RANKS FILE…}. */
  public static void main(String[] arguments) throws IOException {
    List<String> words = Arrays.asList(arguments);
    boolean slices = words.getFirst().equals("slices");
    System.out.println("ready");
    if (System.in.read() < 0) {
      return;
    }
    for (String file : words.subList(slices ? 3 : 1, words.size())) {
      System.out.println(
          slices
              ? slices(
                  Path.of(file), Integer.parseInt(words.get(1)), Integer.parseInt(words.get(2)))
              : whole(Path.of(file)));
    }
  }

  static String whole(Path file) throws IOException {
    MessageDigest digest = TensorSlices.sha256();
    ByteBuffer buffer = ByteBuffer.allocateDirect(1 << 20);
    try (FileChannel channel = FileChannel.open(file)) {
      while (channel.read(buffer) >= 0) {
        digest.update(buffer.flip());
        buffer.clear();
      }
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  private static String slices(Path file, int rank, int ranks) throws IOException {
    try (Arena arena = Arena.ofConfined();
        FileChannel channel = FileChannel.open(file)) {
      MemorySegment map = channel.map(MapMode.READ_ONLY, 0, Files.size(file), arena);
      return new TensorSlices(rank, ranks)
          .digest((offset, length) -> map.asSlice(offset, length).asByteBuffer());
    }
  }
}
