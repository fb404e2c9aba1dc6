// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cache.disk.lmdb;

import io.sluicefs.cache.disk.lmdb.KeyOrder.Content;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.BitSet;

/**
 * Checks the pages of an LMDB file before LMDB maps it: of a file that was cut, or copied while it
 * was written, LMDB reads or moves what lies outside and takes the process with it. Every page that
 * the newest transaction reaches must be whole, of the right kind, reached once and not free,
 * filled by its records without a gap, and in order.
 *
 * <p>The layout is that of LMDB 0.9 on a 64-bit little-endian machine, from {@code mdb.c}:
 * structures {@code MDB_page}, {@code MDB_meta}, {@code MDB_db}, {@code MDB_node}.
 */
final class IndexPages {
  private static final int MAGIC = 0xBEEFC0DE;
  private static final int VERSION = 1;
  private static final int HEADER = 16;
  private static final int META_DBS = HEADER + 24;
  private static final int DB_BYTES = 48;
  private static final int DB_ROOT = 40;
  private static final int META_LAST_PAGE = META_DBS + 2 * DB_BYTES;
  private static final int META_TRANSACTION = META_LAST_PAGE + 8;
  private static final long NO_PAGE = -1;
  private static final int P_BRANCH = 1;
  private static final int P_LEAF = 2;
  private static final int P_OVERFLOW = 4;
  private static final int P_META = 8;
  private static final int F_BIGDATA = 1;
  private static final int F_SUBDATA = 2;
  private static final short MDB_INTEGERKEY = 8;
  private static final int NODE_HEADER = 8;
  private static final int DEEPEST = 32;
  private static final int LARGEST_PAGE = 32768;

  private final FileChannel file;
  private final int pageSize;
  private final long pages;
  private final BitSet reached = new BitSet();
  private final BitSet free = new BitSet();

  private IndexPages(FileChannel file, int pageSize, long pages) {
    this.file = file;
    this.pageSize = pageSize;
    this.pages = pages;
  }

  /**
   * Checks a file.
   *
   * @throws DamagedIndexException saying what is wrong with it
   * @throws IOException if it cannot be opened
   */
  static void check(Path path) throws IOException {
    try (FileChannel file = FileChannel.open(path, StandardOpenOption.READ)) {
      ByteBuffer first = read(file, 0, HEADER + META_TRANSACTION);
      require(first.getInt(HEADER) == MAGIC, "it does not begin as LMDB files do");
      int pageSize = first.getInt(META_DBS);
      require(
          pageSize >= 512 && pageSize <= LARGEST_PAGE && Integer.bitCount(pageSize) == 1,
          "its page size is wrong");
      ByteBuffer meta = meta(file, 0, pageSize);
      ByteBuffer other = meta(file, 1, pageSize);
      if (other.getLong(META_TRANSACTION) > meta.getLong(META_TRANSACTION)) {
        meta = other;
      }
      long last = meta.getLong(META_LAST_PAGE);
      require(last >= 1 && (last + 1) * pageSize <= file.size(), "it was cut");
      new IndexPages(file, pageSize, last + 1).walk(meta);
    } catch (IndexOutOfBoundsException | IllegalArgumentException e) {
      throw new DamagedIndexException("a page is damaged", e);
    }
  }

  private static ByteBuffer meta(FileChannel file, int page, int pageSize) throws IOException {
    ByteBuffer meta = read(file, (long) page * pageSize, pageSize);
    require(
        flags(meta) == P_META
            && meta.getInt(HEADER) == MAGIC
            && meta.getInt(HEADER + 4) == VERSION
            && meta.getInt(META_DBS) == pageSize,
        "meta page " + page + " is damaged");
    return meta;
  }

  private void walk(ByteBuffer meta) throws IOException {
    reached.set(0, 2);
    table(meta, META_DBS, Content.FREE_PAGES);
    table(meta, META_DBS + DB_BYTES, Content.TABLES);
    require(!reached.intersects(free), "a page is in use and free");
  }

  private void table(ByteBuffer page, int at, Content content) throws IOException {
    long root = page.getLong(at + DB_ROOT);
    int depth = Short.toUnsignedInt(page.getShort(at + 6));
    require(depth <= DEEPEST, "a tree is too deep");
    int flags = content == Content.FREE_PAGES ? MDB_INTEGERKEY : 0;
    require(page.getShort(at + 4) == flags, "a table is damaged");
    require((root == NO_PAGE) == (depth == 0), "a table is damaged");
    if (root == NO_PAGE) {
      return;
    }
    page(root, depth, new KeyOrder(content));
  }

  private void page(long number, int depth, KeyOrder order) throws IOException {
    require(depth >= 1, "a tree is deeper than it says");
    ByteBuffer page = reach(number);
    int kind = flags(page);
    require(kind == (depth > 1 ? P_BRANCH : P_LEAF), "page " + number + " is of a wrong kind");
    int lower = Short.toUnsignedInt(page.getShort(12));
    int upper = Short.toUnsignedInt(page.getShort(14));
    require(
        lower >= HEADER && lower <= upper && upper <= pageSize && lower % 2 == 0,
        "page " + number + " has wrong bounds");
    int count = (lower - HEADER) / 2;
    require(depth == 1 || count >= 2, "page " + number + " has no branches");
    int[] nodes = new int[count];
    for (int i = 0; i < count; i++) {
      nodes[i] = Short.toUnsignedInt(page.getShort(HEADER + 2 * i));
      require(
          nodes[i] >= upper && nodes[i] + NODE_HEADER <= pageSize,
          "page " + number + " has a wrong node");
    }
    requireFilled(page, number, upper, nodes, depth > 1);
    for (int i = 0; i < count; i++) {
      int node = nodes[i];
      long low = Integer.toUnsignedLong(page.getInt(node));
      int flags = Short.toUnsignedInt(page.getShort(node + 4));
      int keySize = keySize(page, node);
      ByteBuffer key = page.slice(node + NODE_HEADER, keySize);
      if (depth > 1) {
        if (i > 0) {
          order.nextPage(key);
        }
        page(low | (long) flags << 32, depth - 1, order);
      } else {
        order.nextKey(key);
        leaf(page, node + NODE_HEADER + keySize, low, flags, order.content());
      }
    }
  }

  /** LMDB moves records by their sizes when one is removed: they must lie one after the other. */
  private void requireFilled(ByteBuffer page, long number, int upper, int[] nodes, boolean isBranch)
      throws IOException {
    int[] sorted = nodes.clone();
    Arrays.sort(sorted);
    long end = upper;
    for (int node : sorted) {
      require(node == end, "page " + number + " has a gap");
      int flags = Short.toUnsignedInt(page.getShort(node + 4));
      long data = 0;
      if (!isBranch) {
        data = (flags & F_BIGDATA) != 0 ? Long.BYTES : Integer.toUnsignedLong(page.getInt(node));
      }
      long bytes = NODE_HEADER + keySize(page, node) + data;
      end = node + bytes + (bytes & 1);
    }
    require(end == pageSize, "page " + number + " has a gap");
  }

  private static int keySize(ByteBuffer page, int node) {
    return Short.toUnsignedInt(page.getShort(node + 6));
  }

  private void leaf(ByteBuffer page, int data, long size, int flags, Content content)
      throws IOException {
    int kind = content == Content.TABLES ? F_SUBDATA : 0;
    require((flags & ~F_BIGDATA) == kind, "a record is of a wrong kind");
    ByteBuffer value = page;
    int at = data;
    if ((flags & F_BIGDATA) != 0) {
      value = overflow(page.getLong(data), size);
      at = HEADER;
    }
    switch (content) {
      case FREE_PAGES -> listOfFreePages(value, at, size);
      case TABLES -> {
        require(size == DB_BYTES, "a table is damaged");
        table(value, at, Content.VALUES);
      }
      case VALUES -> {}
    }
  }

  private void listOfFreePages(ByteBuffer value, int at, long size) throws IOException {
    long count = value.getLong(at);
    require(count >= 0 && (count + 1) * Long.BYTES <= size, "the list of free pages is damaged");
    long before = pages;
    for (int i = 1; i <= count; i++) {
      long number = value.getLong(at + i * Long.BYTES);
      // The highest first.
      require(number >= 2 && number < before, "the list of free pages is damaged");
      require(!free.get((int) number), "a page is free twice");
      free.set((int) number);
      before = number;
    }
  }

  private ByteBuffer overflow(long number, long size) throws IOException {
    ByteBuffer head = reach(number);
    long count = Integer.toUnsignedLong(head.getInt(12));
    require(
        flags(head) == P_OVERFLOW && number + count <= pages && HEADER + size <= count * pageSize,
        "page " + number + " is damaged");
    for (long next = number + 1; next < number + count; next++) {
      require(!reached.get((int) next), "page " + next + " is used twice");
      reached.set((int) next);
    }
    return read(file, number * pageSize, Math.toIntExact(HEADER + size));
  }

  private ByteBuffer reach(long number) throws IOException {
    require(number >= 2 && number < pages, "it leads to page " + number + " of " + pages);
    require(!reached.get((int) number), "page " + number + " is used twice");
    reached.set((int) number);
    ByteBuffer page = read(file, number * pageSize, pageSize);
    require(page.getLong(0) == number, "page " + number + " is another");
    return page;
  }

  private static int flags(ByteBuffer page) {
    return Short.toUnsignedInt(page.getShort(10));
  }

  private static ByteBuffer read(FileChannel file, long offset, int length) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    while (bytes.hasRemaining()) {
      int count;
      try {
        count = file.read(bytes, offset + bytes.position());
      } catch (ClosedChannelException e) {
        throw e;
      } catch (IOException e) {
        // LMDB would not be told: a process that touches such a page of its map is ended.
        throw new DamagedIndexException("a page cannot be read: " + e.getMessage(), e);
      }
      if (count < 0) {
        throw new DamagedIndexException("it was cut");
      }
    }
    return bytes.flip();
  }

  static void require(boolean condition, String problem) throws IOException {
    if (!condition) {
      throw new DamagedIndexException(problem);
    }
  }
}
