// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.fuse.jnr;

import io.sluicefs.spi.fuse.Attributes;
import io.sluicefs.spi.fuse.FileSystemStats;
import io.sluicefs.spi.fuse.OpenFile;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * The structures callbacks fill and read, by offset. jnr-fuse has classes for them, which cost an
 * object a field and map the bits of {@code fuse_file_info} wrongly.
 */
final class NativeStructs {
  /** Of {@code struct stat}, on both architectures at most. */
  static final int STAT_SIZE = 144;

  private static final boolean X86 = System.getProperty("os.arch", "").equals("amd64");
  private static final int STATVFS_SIZE = 112;
  private static final int BLOCK_SIZE = 4096;

  private static final long UTIME_NOW = (1L << 30) - 1;
  private static final long UTIME_OMIT = (1L << 30) - 2;

  private NativeStructs() {}

  /** Fills a {@code struct stat}; x86_64 and aarch64 differ in its second quarter. */
  static void putStat(long stat, Attributes attributes) {
    NativeMemory.clear(stat, X86 ? 144 : 128);
    NativeMemory.putLong(stat + 8, attributes.inode());
    if (X86) {
      NativeMemory.putLong(stat + 16, attributes.links());
      NativeMemory.putInt(stat + 24, attributes.mode());
      NativeMemory.putInt(stat + 28, attributes.uid());
      NativeMemory.putInt(stat + 32, attributes.gid());
      NativeMemory.putLong(stat + 56, BLOCK_SIZE);
    } else {
      NativeMemory.putInt(stat + 16, attributes.mode());
      NativeMemory.putInt(stat + 20, attributes.links());
      NativeMemory.putInt(stat + 24, attributes.uid());
      NativeMemory.putInt(stat + 28, attributes.gid());
      NativeMemory.putInt(stat + 56, BLOCK_SIZE);
    }
    NativeMemory.putLong(stat + 48, attributes.size());
    NativeMemory.putLong(stat + 64, (attributes.size() + 511) / 512);
    Instant modified = attributes.modified();
    long seconds = modified.getEpochSecond();
    int nanos = modified.getNano();
    for (long time = stat + 72; time <= stat + 104; time += 16) {
      NativeMemory.putLong(time, seconds);
      NativeMemory.putLong(time + 8, nanos);
    }
  }

  /** Fills what a directory entry needs of a {@code struct stat}: inode and type. */
  static void putInodeAndType(long stat, long inode, int type) {
    NativeMemory.putLong(stat + 8, inode);
    NativeMemory.putInt(stat + (X86 ? 24 : 16), type);
  }

  static void putStatvfs(long statvfs, FileSystemStats stats) {
    NativeMemory.clear(statvfs, STATVFS_SIZE);
    NativeMemory.putLong(statvfs, stats.blockSize());
    NativeMemory.putLong(statvfs + 8, stats.blockSize());
    NativeMemory.putLong(statvfs + 16, stats.blocks());
    NativeMemory.putLong(statvfs + 24, stats.freeBlocks());
    NativeMemory.putLong(statvfs + 32, stats.freeBlocks());
    NativeMemory.putLong(statvfs + 40, stats.files());
    NativeMemory.putLong(statvfs + 48, stats.freeFiles());
    NativeMemory.putLong(statvfs + 56, stats.freeFiles());
    NativeMemory.putLong(statvfs + 80, stats.maxNameLength());
  }

  static int openFlags(long fileInfo) {
    return NativeMemory.getInt(fileInfo);
  }

  static long handle(long fileInfo) {
    return NativeMemory.getLong(fileInfo + 24);
  }

  /** Fills what an open answers into a {@code struct fuse_file_info}. */
  static void putOpenFile(long fileInfo, OpenFile file) {
    int bits = (file.directIo() ? 1 : 0) | (file.keepCache() ? 2 : 0);
    NativeMemory.putByte(fileInfo + 20, (byte) bits);
    NativeMemory.putLong(fileInfo + 24, file.handle());
  }

  /** Returns a {@code struct timespec}, null if it means that a time stays as it is. */
  static @Nullable Instant time(long timespec) {
    long nanos = NativeMemory.getLong(timespec + 8);
    if (nanos == UTIME_OMIT) {
      return null;
    }
    return nanos == UTIME_NOW
        ? Instant.now()
        : Instant.ofEpochSecond(NativeMemory.getLong(timespec), nanos);
  }
}
