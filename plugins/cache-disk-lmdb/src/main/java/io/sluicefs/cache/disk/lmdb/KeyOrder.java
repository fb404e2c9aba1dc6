// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cache.disk.lmdb;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * Whether the keys of a table of LMDB are in order, as they are come to from its first leaf to its
 * last. Those of the list of free pages are numbers in the machine's own order of bytes.
 */
final class KeyOrder {
  /** What the records of a table are. */
  enum Content {
    FREE_PAGES,
    TABLES,
    VALUES
  }

  private final Content content;
  private @Nullable ByteBuffer before;
  private @Nullable ByteBuffer least;

  KeyOrder(Content content) {
    this.content = content;
  }

  Content content() {
    return content;
  }

  /** Checks where a page begins, by what the page above says. */
  void nextPage(ByteBuffer key) throws IOException {
    checkSize(key);
    require(before == null || compare(before, key) < 0);
    least = key;
  }

  void nextKey(ByteBuffer key) throws IOException {
    checkSize(key);
    require(before == null || compare(before, key) < 0);
    require(least == null || compare(least, key) <= 0);
    before = key;
    least = null;
  }

  private void checkSize(ByteBuffer key) throws IOException {
    require(content != Content.FREE_PAGES || key.remaining() == Long.BYTES);
  }

  private int compare(ByteBuffer one, ByteBuffer other) {
    if (content == Content.FREE_PAGES) {
      return Long.compareUnsigned(number(one), number(other));
    }
    int different = one.mismatch(other);
    return different >= 0 && different < Math.min(one.remaining(), other.remaining())
        ? Integer.compare(
            Byte.toUnsignedInt(one.get(different)), Byte.toUnsignedInt(other.get(different)))
        : Integer.compare(one.remaining(), other.remaining());
  }

  private static long number(ByteBuffer key) {
    return key.order(ByteOrder.LITTLE_ENDIAN).getLong(0);
  }

  private static void require(boolean condition) throws IOException {
    IndexPages.require(condition, "keys are not in order");
  }
}
