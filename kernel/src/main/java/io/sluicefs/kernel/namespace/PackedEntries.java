// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.namespace;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The entries of a listing, packed page by page into bytes, with a hash table over their names.
 * Entries are numbered from 0 as they are added and keep their numbers. Not thread-safe.
 */
final class PackedEntries {
  private static final int DISTRUSTED = 0x80;
  private static final int KIND = 0x7f;

  /** What the first byte of an entry says of its kind. */
  private static final FileKind[] KINDS = {FileKind.DIRECTORY, FileKind.FILE, FileKind.SYMLINK};

  private static final int PAGE_OVERHEAD = 96;
  private static final int INDEX_BYTES = 8;

  private static final class Page {
    private final int first;
    private final long asOf;
    private final PackedBytes data;
    private int[] offsets;
    private int count;

    Page(int first, long asOf, int expected) {
      this.first = first;
      this.asOf = asOf;
      this.data = new PackedBytes(64 * expected);
      this.offsets = new int[expected];
    }

    void begin() {
      if (count == offsets.length) {
        offsets = Arrays.copyOf(offsets, count * 2);
      }
      offsets[count++] = data.length();
    }

    void trim() {
      data.trim();
      offsets = Arrays.copyOf(offsets, count);
    }

    int at(int number) {
      return offsets[number - first];
    }

    PackedBytes.Cursor nameAt(int number) {
      return data.at(at(number) + 1);
    }
  }

  private final List<Page> pages = new ArrayList<>();

  /** Open-addressed table of entry numbers plus one. */
  private int[] index = new int[64];

  private int size;

  int size() {
    return size;
  }

  /** Entries added from now on are as the store said at {@code asOf}. */
  void beginPage(long asOf, int expected) {
    pages.add(new Page(size, asOf, Math.max(8, expected)));
  }

  /** Returns the bytes the page takes. */
  long endPage() {
    Page page = pages.getLast();
    if (page.count == 0) {
      pages.removeLast();
      return 0;
    }
    page.trim();
    return page.data.length() + (4L + INDEX_BYTES) * page.count + PAGE_OVERHEAD;
  }

  /** Adds an entry whose name is not there yet. */
  void add(String name, FileKind kind, @Nullable ObjectVersion version) {
    Page page = pages.getLast();
    byte[] utf8 = utf8(name);
    page.begin();
    page.data.put(
        switch (kind) {
          case DIRECTORY -> (byte) 0;
          case FILE -> (byte) 1;
          case SYMLINK -> (byte) 2;
        });
    page.data.putText(utf8);
    if (version != null) {
      version.pack(page.data);
    }
    if ((size + 1) * 4L > index.length * 3L) {
      rehash();
    }
    enter(Arrays.hashCode(utf8), size);
    size++;
  }

  /** Returns the number of a name, or -1. */
  int find(String name) {
    byte[] utf8 = utf8(name);
    int mask = index.length - 1;
    for (int at = spread(Arrays.hashCode(utf8)) & mask; index[at] != 0; at = (at + 1) & mask) {
      int number = index[at] - 1;
      if (pageOf(number).nameAt(number).textIs(utf8)) {
        return number;
      }
    }
    return -1;
  }

  ListedEntry get(int number) {
    Page page = pageOf(number);
    PackedBytes.Cursor at = page.data.at(page.at(number));
    byte flags = at.octet();
    FileKind kind = KINDS[flags & KIND];
    String name = at.text();
    ObjectVersion version = kind == FileKind.DIRECTORY ? null : ObjectVersion.unpack(at);
    return new ListedEntry(name, kind, version, page.asOf, flags >= 0);
  }

  void write(DataOutput to, long now) throws IOException {
    to.writeInt(pages.size());
    for (Page page : pages) {
      to.writeLong(now - page.asOf);
      to.writeInt(page.count);
      for (int i = 0; i < page.count; i++) {
        get(page.first + i).write(to);
      }
    }
  }

  /**
   * Reads what {@link #write} wrote.
   *
   * @return the bytes it takes
   */
  long read(DataInput from, long now) throws IOException {
    long bytes = 0;
    for (int left = from.readInt(); left > 0; left--) {
      long asOf = now - from.readLong();
      int count = from.readInt();
      beginPage(asOf, count);
      for (int i = 0; i < count; i++) {
        ListedEntry entry = ListedEntry.read(from, asOf);
        add(entry.name(), entry.kind(), entry.version());
        if (!entry.trusted()) {
          distrust(size - 1);
        }
      }
      bytes += endPage();
    }
    return bytes;
  }

  FileKind kind(int number) {
    Page page = pageOf(number);
    return KINDS[page.data.get(page.at(number)) & KIND];
  }

  void becomeDirectory(int number) {
    Page page = pageOf(number);
    int at = page.at(number);
    page.data.set(at, (byte) (page.data.get(at) & DISTRUSTED));
  }

  void distrust(int number) {
    Page page = pageOf(number);
    int at = page.at(number);
    page.data.set(at, (byte) (page.data.get(at) | DISTRUSTED));
  }

  private Page pageOf(int number) {
    int low = 0;
    int high = pages.size() - 1;
    while (low < high) {
      int middle = (low + high + 1) >>> 1;
      if (pages.get(middle).first <= number) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return pages.get(low);
  }

  private void rehash() {
    index = new int[index.length * 2];
    for (Page page : pages) {
      int end = Math.min(page.first + page.count, size);
      for (int number = page.first; number < end; number++) {
        enter(page.nameAt(number).textHash(), number);
      }
    }
  }

  private void enter(int hash, int number) {
    int mask = index.length - 1;
    int at = spread(hash) & mask;
    while (index[at] != 0) {
      at = (at + 1) & mask;
    }
    index[at] = number + 1;
  }

  private static int spread(int hash) {
    int mixed = hash * 0x9E3779B9;
    return mixed ^ (mixed >>> 15);
  }

  private static byte[] utf8(String name) {
    return name.getBytes(StandardCharsets.UTF_8);
  }
}
