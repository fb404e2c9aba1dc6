// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.benchmarks;

import io.sluicefs.spi.cache.BlockLease;
import io.sluicefs.spi.fuse.AttributeChanges;
import io.sluicefs.spi.fuse.Attributes;
import io.sluicefs.spi.fuse.Caller;
import io.sluicefs.spi.fuse.DirectorySink;
import io.sluicefs.spi.fuse.Entry;
import io.sluicefs.spi.fuse.FileSystemStats;
import io.sluicefs.spi.fuse.FuseException;
import io.sluicefs.spi.fuse.FuseOperations;
import io.sluicefs.spi.fuse.OpenFile;
import io.sluicefs.spi.fuse.ReadReply;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A file system that costs next to nothing, so that what is measured is the channel: {@code warm}
 * is in memory, and so is {@code direct}, which bypasses the page cache; a read of {@code cold}
 * waits, {@code sink} takes what is written, and names that start with {@code f} are there, never
 * cached by Linux.
 */
final class CostlessFileSystem implements FuseOperations {
  /** Size of {@code warm} and {@code cold}. */
  static final long BIG = 4L << 30;

  private static final long PIECE = 64L << 20;
  private static final long COLD_MILLIS = 20;
  private static final long WARM = 2;
  private static final long COLD = 3;
  private static final long SINK = 4;
  private static final long SMALL = 5;
  private static final long DIRECT = 6;

  private final MemorySegment piece = Arena.global().allocate(PIECE, 4096);
  private final MemorySegment shared = piece.asReadOnly();
  private final Instant born = Instant.now();
  private final BlockLease lease =
      new BlockLease() {
        @Override
        public MemorySegment segment() {
          return shared;
        }

        @Override
        public void close() {}
      };
  private final Entry root = entry(ROOT, Attributes.DIRECTORY | 0755, 0, Duration.ofSeconds(60));
  private final Entry warm = entry(WARM, Attributes.REGULAR | 0444, BIG, Duration.ofSeconds(60));
  private final Entry cold = entry(COLD, Attributes.REGULAR | 0444, BIG, Duration.ofSeconds(60));
  private final Entry direct =
      entry(DIRECT, Attributes.REGULAR | 0444, BIG, Duration.ofSeconds(60));
  private final Entry sink = entry(SINK, Attributes.REGULAR | 0644, 0, Duration.ofSeconds(60));
  private final Entry small = entry(SMALL, Attributes.REGULAR | 0444, 1, Duration.ZERO);

  CostlessFileSystem() {
    piece.fill((byte) 7);
  }

  private Entry entry(long inode, int mode, long size, Duration ttl) {
    return new Entry(new Attributes(inode, mode, 1, 0, 0, size, born), 0, ttl, ttl);
  }

  @Override
  public @Nullable Entry lookup(Caller caller, long parent, String name) {
    return switch (name) {
      case "warm" -> warm;
      case "cold" -> cold;
      case "direct" -> direct;
      case "sink" -> sink;
      default -> name.startsWith("f") ? small : null;
    };
  }

  @Override
  public void forget(long inode, long count) {}

  @Override
  public Entry getattr(Caller caller, long inode) {
    if (inode == ROOT) {
      return root;
    }
    if (inode == WARM) {
      return warm;
    }
    if (inode == COLD) {
      return cold;
    }
    if (inode == SINK) {
      return sink;
    }
    return inode == DIRECT ? direct : small;
  }

  @Override
  public Entry setattr(Caller caller, long inode, long handle, AttributeChanges changes) {
    return getattr(caller, inode);
  }

  @Override
  public OpenFile open(Caller caller, long inode, int flags) {
    return new OpenFile(inode, false, inode == DIRECT);
  }

  @Override
  public void read(Caller caller, long handle, long offset, int length, ReadReply reply) {
    if (handle == COLD) {
      try {
        Thread.sleep(COLD_MILLIS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
    long left = Math.clamp(BIG - offset, 0, length);
    long at = offset % PIECE;
    while (left > 0) {
      long part = Math.min(left, PIECE - at);
      reply.adopt(lease, at, part);
      left -= part;
      at = 0;
    }
  }

  @Override
  public boolean readIfPresent(
      Caller caller, long handle, long offset, int length, ReadReply reply) {
    if (handle == COLD) {
      return false;
    }
    read(caller, handle, offset, length, reply);
    return true;
  }

  @Override
  public void write(Caller caller, long handle, long offset, MemorySegment data) {
    long at = offset % (PIECE - data.byteSize());
    MemorySegment.copy(data, 0, piece, at, data.byteSize());
  }

  @Override
  public void release(long handle) {}

  @Override
  public OpenFile opendir(Caller caller, long inode) {
    return new OpenFile(inode, false, false);
  }

  @Override
  public void readdir(Caller caller, long handle, long offset, DirectorySink sink) {}

  @Override
  public void readdirplus(Caller caller, long handle, long offset, DirectorySink sink) {}

  @Override
  public void releasedir(long handle) {}

  @Override
  public FileSystemStats statfs(Caller caller) throws FuseException {
    return new FileSystemStats(4096, 1L << 32, 1L << 32, 1L << 32, 1L << 32, 255);
  }
}
