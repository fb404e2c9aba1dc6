// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.fuse.direct;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.sluicefs.spi.fuse.Attributes;
import io.sluicefs.spi.fuse.Entry;
import io.sluicefs.spi.fuse.Errno;
import io.sluicefs.spi.fuse.FileSystemStats;
import io.sluicefs.spi.fuse.OpenFile;
import io.sluicefs.spi.fuse.ReadReply;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.time.Instant;

/**
 * The answer to a request, built in memory of its thread: a header, then a body that grows with
 * each value put. Offsets count from the start of the body. Not thread-safe; used again for each
 * request.
 */
final class Reply {
  /** Bytes of the longest body: an extended attribute, as Linux limits it. */
  static final int MAX_BODY = 64 * 1024;

  /** Bytes one reply takes. */
  static final int SIZE = MAX_BODY + 4096;

  static final int ENTRY_SIZE = 128;

  private static final int PIECE = 16;

  /** Pieces writev takes at most, one of them the header. */
  private static final int MAX_PIECES = 1024;

  private static final int BLOCK_SIZE = 4096;
  private static final int STATS_SIZE = 80;

  private final Device device;
  private final MemorySegment state;
  private final MemorySegment buffer;
  private final MemorySegment pieces;
  private int length;

  /** Creates a reply in memory of an arena. */
  Reply(Device device, MemorySegment state, Arena arena) {
    this.device = device;
    this.state = state;
    MemorySegment all = LibC.map(SIZE + (long) MAX_PIECES * PIECE, arena);
    buffer = all.asSlice(0, SIZE);
    pieces = all.asSlice(SIZE);
    pieces.set(JAVA_LONG, 0, buffer.address());
  }

  /** Empties the body. */
  void clear() {
    length = 0;
  }

  /** Returns the bytes of the body. */
  int length() {
    return length;
  }

  void putInt(int value) {
    buffer.set(JAVA_INT, grow(4), value);
  }

  void putLong(long value) {
    buffer.set(JAVA_LONG, grow(8), value);
  }

  void putBytes(byte[] bytes) {
    MemorySegment.copy(bytes, 0, buffer, JAVA_BYTE, grow(bytes.length), bytes.length);
  }

  /** Appends zeros up to the next multiple of 8. */
  void align() {
    while ((length & 7) != 0) {
      buffer.set(JAVA_BYTE, grow(1), (byte) 0);
    }
  }

  private int grow(int bytes) {
    int at = Protocol.REPLY_HEADER + length;
    if (length + bytes > MAX_BODY) {
      throw new IllegalStateException("a reply of more than " + MAX_BODY + " bytes");
    }
    length += bytes;
    return at;
  }

  int intAt(int offset) {
    return buffer.get(JAVA_INT, Protocol.REPLY_HEADER + (long) offset);
  }

  long longAt(int offset) {
    return buffer.get(JAVA_LONG, Protocol.REPLY_HEADER + (long) offset);
  }

  byte byteAt(int offset) {
    return buffer.get(JAVA_BYTE, Protocol.REPLY_HEADER + (long) offset);
  }

  /** Appends a {@code struct fuse_entry_out}. */
  void putEntry(Entry entry) {
    putLong(entry.inode());
    putLong(entry.generation());
    putTimes(entry.entryTtl(), entry.attributeTtl());
    putAttributes(entry.attributes());
  }

  /** Appends an entry that says that there is none, and how long this is so. */
  void putAbsence(Duration ttl) {
    int at = grow(ENTRY_SIZE);
    buffer.asSlice(at, ENTRY_SIZE).fill((byte) 0);
    buffer.set(JAVA_LONG, at + 16L, seconds(ttl));
    buffer.set(JAVA_INT, at + 32L, nanos(ttl));
  }

  private void putTimes(Duration entryTtl, Duration attributeTtl) {
    putLong(seconds(entryTtl));
    putLong(seconds(attributeTtl));
    putInt(nanos(entryTtl));
    putInt(nanos(attributeTtl));
  }

  /** Appends a {@code struct fuse_attr_out}. */
  void putAttributeReply(Entry entry) {
    putLong(seconds(entry.attributeTtl()));
    putInt(nanos(entry.attributeTtl()));
    putInt(0);
    putAttributes(entry.attributes());
  }

  private void putAttributes(Attributes attributes) {
    Instant modified = attributes.modified();
    long seconds = modified.getEpochSecond();
    int nanos = modified.getNano();
    putLong(attributes.inode());
    putLong(attributes.size());
    putLong((attributes.size() + 511) / 512);
    putLong(seconds);
    putLong(seconds);
    putLong(seconds);
    putInt(nanos);
    putInt(nanos);
    putInt(nanos);
    putInt(attributes.mode());
    putInt(attributes.links());
    putInt(attributes.uid());
    putInt(attributes.gid());
    putInt(0);
    putInt(BLOCK_SIZE);
    putInt(0);
  }

  /** Appends a {@code struct fuse_open_out}. */
  void putOpenFile(OpenFile file) {
    putLong(file.handle());
    putInt(
        (file.directIo() ? Protocol.FOPEN_DIRECT_IO : 0)
            | (file.keepCache() ? Protocol.FOPEN_KEEP_CACHE : 0));
    putInt(0);
  }

  /** Appends a {@code struct fuse_statfs_out}. */
  void putStats(FileSystemStats stats) {
    int end = length + STATS_SIZE;
    putLong(stats.blocks());
    putLong(stats.freeBlocks());
    putLong(stats.freeBlocks());
    putLong(stats.files());
    putLong(stats.freeFiles());
    putInt(stats.blockSize());
    putInt(stats.maxNameLength());
    putInt(stats.blockSize());
    while (length < end) {
      putInt(0);
    }
  }

  private static long seconds(Duration time) {
    return Math.max(0, time.toSeconds());
  }

  private static int nanos(Duration time) {
    return time.isNegative() ? 0 : time.toNanosPart();
  }

  /** Sends the body; the result is {@link Device#write}'s. */
  int send(long unique) {
    return sendHeader(unique, 0, length, 1);
  }

  /** Sends an error in place of the body; the result is {@link Device#write}'s. */
  int sendError(long unique, int errno) {
    length = 0;
    return sendHeader(unique, -errno, 0, 1);
  }

  /** Sends what was read, from where it is; the result is {@link Device#write}'s. */
  int sendData(long unique, ReadReply data) {
    length = 0;
    int count = data.count();
    if (count >= MAX_PIECES) {
      return sendGathered(unique, data);
    }
    for (int i = 0; i < count; i++) {
      putPiece(i + 1, data.address(i), data.length(i));
    }
    return sendHeader(unique, 0, (int) data.length(), count + 1);
  }

  /** Sends more pieces than one call takes. */
  private int sendGathered(long unique, ReadReply data) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment all = LibC.map(data.length(), arena);
      long at = 0;
      for (int i = 0; i < data.count(); i++) {
        MemorySegment piece = data.segment(i);
        MemorySegment.copy(piece, 0, all, at, piece.byteSize());
        at += piece.byteSize();
      }
      putPiece(1, all.address(), at);
      return sendHeader(unique, 0, (int) at, 2);
    }
  }

  private void putPiece(int index, long address, long size) {
    pieces.set(JAVA_LONG, (long) index * PIECE, address);
    pieces.set(JAVA_LONG, (long) index * PIECE + 8, size);
  }

  private int sendHeader(long unique, int error, int body, int count) {
    buffer.set(JAVA_INT, 0, Protocol.REPLY_HEADER + body);
    buffer.set(JAVA_INT, 4, error);
    buffer.set(JAVA_LONG, 8, unique);
    pieces.set(JAVA_LONG, 8, Protocol.REPLY_HEADER + (long) length);
    int sent = device.write(state, pieces, count);
    return sent == -Errno.EINTR ? device.write(state, pieces, count) : sent;
  }
}
