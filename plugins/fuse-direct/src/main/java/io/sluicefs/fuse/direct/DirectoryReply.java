// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.fuse.direct;

import io.sluicefs.spi.fuse.Attributes;
import io.sluicefs.spi.fuse.DirectorySink;
import io.sluicefs.spi.fuse.Entry;
import io.sluicefs.spi.fuse.FuseOperations;
import java.nio.charset.StandardCharsets;

/** Puts directory entries into a reply until it is as long as was asked for. */
final class DirectoryReply implements DirectorySink {
  private static final int MAX_NAME = 1024;
  private static final int DIRENT_HEADER = 24;

  /** What an entry without a number gets; programs take 0 for a removed entry. */
  private static final long UNKNOWN_INODE = 0xffff_ffffL;

  private final Reply reply;
  private boolean plus;
  private int limit;

  DirectoryReply(Reply reply) {
    this.reply = reply;
  }

  /**
   * Begins a listing.
   *
   * @param plus whether attributes were asked for
   * @param size bytes that were asked for
   */
  DirectoryReply begin(boolean plus, int size) {
    this.plus = plus;
    limit = Math.clamp(size & 0xffff_ffffL, 0, Reply.MAX_BODY);
    return this;
  }

  @Override
  public boolean add(String name, long inode, int type, long nextOffset) {
    byte[] bytes = bytes(name, nextOffset);
    if (!fits(bytes)) {
      return false;
    }
    if (plus) {
      // Without a node this is a name that was not looked up.
      for (int i = 0; i < Reply.ENTRY_SIZE; i += 8) {
        reply.putLong(0);
      }
    }
    putName(bytes, inode == 0 ? UNKNOWN_INODE : inode, type, nextOffset);
    return true;
  }

  @Override
  public boolean add(String name, Entry entry, long nextOffset) {
    if (!plus) {
      throw new IllegalStateException("an entry with attributes in a listing without");
    }
    byte[] bytes = bytes(name, nextOffset);
    if (!fits(bytes)) {
      return false;
    }
    reply.putEntry(entry);
    putName(bytes, entry.inode(), entry.attributes().mode(), nextOffset);
    return true;
  }

  private static byte[] bytes(String name, long nextOffset) {
    byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
    if (bytes.length == 0 || bytes.length > MAX_NAME || nextOffset == 0) {
      throw new IllegalArgumentException("no directory entry: '" + name + "' at " + nextOffset);
    }
    return bytes;
  }

  private boolean fits(byte[] name) {
    int size = (plus ? Reply.ENTRY_SIZE : 0) + aligned(DIRENT_HEADER + name.length);
    return reply.length() + size <= limit;
  }

  private static int aligned(int size) {
    return (size + 7) & ~7;
  }

  /** Appends a {@code struct fuse_dirent}. */
  private void putName(byte[] name, long inode, int mode, long nextOffset) {
    reply.putLong(inode);
    reply.putLong(nextOffset);
    reply.putInt(name.length);
    reply.putInt((mode & Attributes.TYPE_MASK) >>> 12);
    reply.putBytes(name);
    reply.align();
  }

  /** Gives back the lookups of a listing that reached nobody. */
  static void forget(Reply reply, FuseOperations operations) {
    int at = 0;
    while (at + Reply.ENTRY_SIZE + DIRENT_HEADER <= reply.length()) {
      long inode = reply.longAt(at);
      int dirent = at + Reply.ENTRY_SIZE;
      int nameLength = reply.intAt(dirent + 16);
      if (inode != 0 && !isDots(reply, dirent + DIRENT_HEADER, nameLength)) {
        operations.forget(inode, 1);
      }
      at = dirent + aligned(DIRENT_HEADER + nameLength);
    }
  }

  private static boolean isDots(Reply reply, int at, int length) {
    return reply.byteAt(at) == '.' && (length == 1 || (length == 2 && reply.byteAt(at + 1) == '.'));
  }
}
