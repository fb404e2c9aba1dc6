// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cache.disk.lmdb;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluicefs.spi.testkit.cache.PatternObject;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the check of the index finds before LMDB trusts it. */
class IndexPagesTest {
  private static final int PAGE = 4096;
  private static final int HEADER = 16;
  private static final int LEAF = 2;

  @TempDir private Path folder;

  /**
   * LMDB moves records about by these, in its memory, by as much as they say; and writes to a page
   * in place that says it is dirty.
   */
  @Test
  void aBitFlippedInWhatAPageSaysOfItselfIsFound() throws Exception {
    Path index = someIndex();
    byte[] bytes = Files.readAllBytes(index);
    ByteBuffer file = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    IndexPages.check(index);
    int leaves = 0;
    for (int page = 2 * PAGE; page < bytes.length; page += PAGE) {
      if (!isInUse(index, bytes, page)) {
        continue;
      }
      boolean isLeaf = file.getShort(page + 10) == LEAF;
      leaves += isLeaf ? 1 : 0;
      if (!isLeaf && file.getShort(page + 10) != 1) {
        continue;
      }
      int lower = Short.toUnsignedInt(file.getShort(page + 12));
      for (int at = page + 10; at < page + lower; at++) {
        assertFound(index, bytes, at, 0);
      }
      for (int pointer = page + HEADER; pointer < page + lower; pointer += 2) {
        int node = page + Short.toUnsignedInt(file.getShort(pointer));
        // The length of the data, or the page it leads to; flags; the length of the key.
        for (int at = node; at < node + 8; at++) {
          // Records take an even number of bytes, so that one byte more or less changes nothing.
          boolean isLength = at == node || at == node + 6;
          assertFound(index, bytes, at, isLength ? 1 : 0);
        }
      }
    }
    assertTrue(leaves >= 3, () -> "too few pages to say anything: " + bytes.length / PAGE);
  }

  @Test
  void keysThatAreNotInOrderAreFound() throws Exception {
    Path index = someIndex();
    byte[] bytes = Files.readAllBytes(index);
    ByteBuffer file = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    int swapped = 0;
    for (int page = 2 * PAGE; page < bytes.length; page += PAGE) {
      int records = (Short.toUnsignedInt(file.getShort(page + 12)) - HEADER) / 2;
      if (records < 2 || file.getShort(page + 10) != LEAF || !isInUse(index, bytes, page)) {
        continue;
      }
      int both = file.getInt(page + HEADER);
      file.putInt(page + HEADER, Integer.rotateLeft(both, 16));
      Files.write(index, bytes);
      assertThrows(DamagedIndexException.class, () -> IndexPages.check(index));
      file.putInt(page + HEADER, both);
      Files.write(index, bytes);
      swapped++;
    }
    assertTrue(swapped >= 3);
  }

  private Path someIndex() throws Exception {
    Path directory = folder.resolve("cache");
    try (OpenDisk disk = OpenDisk.of(directory, "24MiB")) {
      for (int i = 0; i < 8; i++) {
        disk.readAndKeep(new PatternObject("models/" + i, 8L << 20));
      }
    }
    return directory.resolve("index/data.mdb");
  }

  /** Returns whether a page is one the newest transaction reaches: then its number counts. */
  private static boolean isInUse(Path index, byte[] bytes, int page) throws IOException {
    write(index, page, bytes[page] ^ 1);
    try {
      IndexPages.check(index);
      return false;
    } catch (DamagedIndexException e) {
      return true;
    } finally {
      write(index, page, bytes[page]);
    }
  }

  private static void write(Path index, int at, int value) throws IOException {
    try (RandomAccessFile file = new RandomAccessFile(index.toFile(), "rw")) {
      file.seek(at);
      file.write(value);
    }
  }

  private static void assertFound(Path index, byte[] bytes, int at, int lowest) throws IOException {
    for (int bit = lowest; bit < 8; bit++) {
      write(index, at, bytes[at] ^ 1 << bit);
      assertThrows(
          DamagedIndexException.class,
          () -> IndexPages.check(index),
          "byte %d of page %d".formatted(at % PAGE, at / PAGE));
    }
    write(index, at, bytes[at]);
  }
}
