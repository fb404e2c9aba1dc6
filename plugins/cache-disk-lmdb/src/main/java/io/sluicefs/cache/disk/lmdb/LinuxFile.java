// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cache.disk.lmdb;

import com.google.errorprone.annotations.MustBeClosed;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.nio.file.Path;
import java.util.List;

/**
 * An open file, by system calls: a channel of Java closes for all when one thread is interrupted,
 * cannot allocate or give back room on the disk, and its lock is lost with any other descriptor of
 * the file. Thread-safe but for close.
 */
@SuppressWarnings("restricted") // the module's manifest asks for native access
final class LinuxFile implements AutoCloseable {
  // Source: asm-generic/errno.h, equal on x86_64 and aarch64.
  private static final int EINTR = 4;
  private static final int EAGAIN = 11;
  private static final int EINVAL = 22;
  private static final int ENOSPC = 28;
  private static final int EOPNOTSUPP = 95;
  private static final int EDQUOT = 122;

  // Source: asm-generic/fcntl.h; two bits are others on aarch64.
  private static final boolean ARM = System.getProperty("os.arch", "").equals("aarch64");
  private static final int O_RDWR_CREAT_CLOEXEC = 0x2 | 0x40 | 0x80000;
  private static final int O_DIRECT = ARM ? 0x10000 : 0x4000;
  private static final int O_NOFOLLOW = ARM ? 0x8000 : 0x20000;
  private static final int OWNER_ONLY = 0600;

  // Source: linux/falloc.h, sys/file.h.
  private static final int ALLOCATE = 0;
  private static final int PUNCH_HOLE_KEEP_SIZE = 0x2 | 0x1;
  private static final int LOCK_EX_NB = 2 | 4;

  /** Source: {@code struct iovec} of sys/uio.h; and how many one call gets at most. */
  private static final long VECTOR_BYTES = 16;

  private static final int MOST_VECTORS = 128;

  private static final Linker LINKER = Linker.nativeLinker();
  private static final StructLayout STATE = Linker.Option.captureStateLayout();
  private static final VarHandle ERRNO =
      STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));
  private static final MethodHandle OPEN =
      LINKER.downcallHandle(
          LINKER.defaultLookup().findOrThrow("open"),
          FunctionDescriptor.of(
              ValueLayout.JAVA_INT,
              ValueLayout.ADDRESS,
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_INT),
          Linker.Option.firstVariadicArg(2),
          Linker.Option.captureCallState("errno"));
  private static final MethodHandle CLOSE =
      handle("close", ValueLayout.JAVA_INT, ValueLayout.JAVA_INT);
  private static final MethodHandle PWRITEV =
      handle(
          "pwritev",
          ValueLayout.JAVA_LONG,
          ValueLayout.JAVA_INT,
          ValueLayout.ADDRESS,
          ValueLayout.JAVA_INT,
          ValueLayout.JAVA_LONG);
  private static final MethodHandle PREAD =
      handle(
          "pread",
          ValueLayout.JAVA_LONG,
          ValueLayout.JAVA_INT,
          ValueLayout.ADDRESS,
          ValueLayout.JAVA_LONG,
          ValueLayout.JAVA_LONG);
  private static final MethodHandle FTRUNCATE =
      handle("ftruncate", ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG);
  private static final MethodHandle FALLOCATE =
      handle(
          "fallocate",
          ValueLayout.JAVA_INT,
          ValueLayout.JAVA_INT,
          ValueLayout.JAVA_INT,
          ValueLayout.JAVA_LONG,
          ValueLayout.JAVA_LONG);
  private static final MethodHandle FLOCK =
      handle("flock", ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT);
  private static final MethodHandle FDATASYNC =
      handle("fdatasync", ValueLayout.JAVA_INT, ValueLayout.JAVA_INT);

  private final Path path;
  private final int descriptor;
  private boolean closed;

  private LinuxFile(Path path, int descriptor) {
    this.path = path;
    this.descriptor = descriptor;
  }

  /** Opens a file of this user, made if need be, that is no symbolic link. */
  @MustBeClosed
  static LinuxFile open(Path path) throws DiskException {
    return open(path, O_RDWR_CREAT_CLOEXEC | O_NOFOLLOW);
  }

  /**
   * Opens a file as {@link #open(Path)} does, past the page cache where its file system can: what
   * is written is not kept in memory as well.
   */
  @MustBeClosed
  static LinuxFile openDirect(Path path) throws DiskException {
    int flags = O_RDWR_CREAT_CLOEXEC | O_NOFOLLOW;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(STATE);
      int descriptor = open(state, arena.allocateFrom(path.toString()), flags | O_DIRECT);
      if (descriptor >= 0) {
        return new LinuxFile(path, descriptor);
      }
      if (errno(state) != EINVAL) {
        throw failure(path, "open", errno(state));
      }
    }
    return open(path, flags);
  }

  @MustBeClosed
  private static LinuxFile open(Path path, int flags) throws DiskException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(STATE);
      int descriptor = open(state, arena.allocateFrom(path.toString()), flags);
      if (descriptor < 0) {
        throw failure(path, "open", errno(state));
      }
      return new LinuxFile(path, descriptor);
    }
  }

  private static int open(MemorySegment state, MemorySegment name, int flags) {
    try {
      int descriptor;
      do {
        descriptor = (int) OPEN.invokeExact(state, name, flags, OWNER_ONLY);
      } while (descriptor < 0 && errno(state) == EINTR);
      return descriptor;
    } catch (Throwable e) {
      throw uncallable(e);
    }
  }

  /** Writes pieces of native memory one behind the other, from an offset on. */
  void write(long offset, List<MemorySegment> pieces) throws DiskException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(STATE);
      MemorySegment vectors = arena.allocate(MOST_VECTORS * VECTOR_BYTES, Long.BYTES);
      long at = offset;
      int next = 0;
      long done = 0;
      while (next < pieces.size()) {
        int count = Math.min(MOST_VECTORS, pieces.size() - next);
        for (int i = 0; i < count; i++) {
          MemorySegment piece = pieces.get(next + i).asSlice(i == 0 ? done : 0);
          vectors.set(ValueLayout.JAVA_LONG, i * VECTOR_BYTES, piece.address());
          vectors.set(ValueLayout.JAVA_LONG, i * VECTOR_BYTES + Long.BYTES, piece.byteSize());
        }
        long written = write(state, vectors, count, at);
        at += written;
        done += written;
        while (next < pieces.size() && done >= pieces.get(next).byteSize()) {
          done -= pieces.get(next++).byteSize();
        }
      }
    }
  }

  private long write(MemorySegment state, MemorySegment vectors, int count, long offset)
      throws DiskException {
    try {
      long written = (long) PWRITEV.invokeExact(state, descriptor, vectors, count, offset);
      if (written < 0 && errno(state) != EINTR) {
        throw failure(path, "write", errno(state));
      }
      return Math.max(0, written);
    } catch (DiskException e) {
      throw e;
    } catch (Throwable e) {
      throw uncallable(e);
    }
  }

  /** Fills {@code target}, native memory, from an offset; fails if the file ends before. */
  void read(long offset, MemorySegment target) throws DiskException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(STATE);
      for (long done = 0; done < target.byteSize(); ) {
        long count = read(state, target.asSlice(done), offset + done);
        if (count > 0) {
          done += count;
        } else if (count == 0) {
          throw new DiskException(path + ": ends before byte " + (offset + done), false);
        } else if (errno(state) != EINTR) {
          throw failure(path, "read", errno(state));
        }
      }
    }
  }

  private long read(MemorySegment state, MemorySegment memory, long offset) {
    try {
      return (long) PREAD.invokeExact(state, descriptor, memory, memory.byteSize(), offset);
    } catch (Throwable e) {
      throw uncallable(e);
    }
  }

  /** Makes it end at {@code size}. */
  void truncate(long size) throws DiskException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(STATE);
      if ((int) FTRUNCATE.invokeExact(state, descriptor, size) != 0) {
        throw failure(path, "truncate", errno(state));
      }
    } catch (DiskException e) {
      throw e;
    } catch (Throwable e) {
      throw uncallable(e);
    }
  }

  /** Takes room on the disk for a range, so that writing there cannot fail for want of it. */
  void allocate(long offset, long length) throws DiskException {
    fallocate(ALLOCATE, offset, length);
  }

  /** Gives the room of a range back to the disk. */
  void punchHole(long offset, long length) throws DiskException {
    fallocate(PUNCH_HOLE_KEEP_SIZE, offset, length);
  }

  /** Does nothing where the file system cannot do it. */
  private void fallocate(int mode, long offset, long length) throws DiskException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(STATE);
      int result;
      do {
        result = (int) FALLOCATE.invokeExact(state, descriptor, mode, offset, length);
      } while (result != 0 && errno(state) == EINTR);
      if (result != 0 && errno(state) != EOPNOTSUPP) {
        throw failure(path, "fallocate", errno(state));
      }
    } catch (DiskException e) {
      throw e;
    } catch (Throwable e) {
      throw uncallable(e);
    }
  }

  /** Waits until what was written is on the disk. */
  void sync() throws DiskException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(STATE);
      if ((int) FDATASYNC.invokeExact(state, descriptor) != 0) {
        throw failure(path, "fdatasync", errno(state));
      }
    } catch (DiskException e) {
      throw e;
    } catch (Throwable e) {
      throw uncallable(e);
    }
  }

  /** Locks it, until it is closed, for itself alone; returns false if anybody has a lock. */
  boolean tryLock() throws DiskException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(STATE);
      int result = (int) FLOCK.invokeExact(state, descriptor, LOCK_EX_NB);
      if (result != 0 && errno(state) != EAGAIN) {
        throw failure(path, "flock", errno(state));
      }
      return result == 0;
    } catch (DiskException e) {
      throw e;
    } catch (Throwable e) {
      throw uncallable(e);
    }
  }

  /** Closes it. Idempotent; nobody may be using it. */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    try (Arena arena = Arena.ofConfined()) {
      // Linux has released the descriptor whatever this answers.
      int _ = (int) CLOSE.invokeExact(arena.allocate(STATE), descriptor);
    } catch (Throwable e) {
      throw uncallable(e);
    }
  }

  private static DiskException failure(Path path, String call, int errno) {
    String what =
        switch (errno) {
          case 5 -> "EIO";
          case 13 -> "EACCES";
          case ENOSPC -> "ENOSPC, the disk is full";
          case 30 -> "EROFS, the disk is read-only";
          case 40 -> "ELOOP, it is a symbolic link";
          case EDQUOT -> "EDQUOT, the user's quota of the disk is used up";
          default -> "errno " + errno;
        };
    return new DiskException(
        path + ": " + call + " failed with " + what, errno == ENOSPC || errno == EDQUOT);
  }

  private static int errno(MemorySegment state) {
    return (int) ERRNO.get(state, 0L);
  }

  private static IllegalStateException uncallable(Throwable cause) {
    if (cause instanceof Error error) {
      throw error;
    }
    return new IllegalStateException("the C library cannot be called", cause);
  }

  private static MethodHandle handle(String name, MemoryLayout result, MemoryLayout... arguments) {
    return LINKER.downcallHandle(
        LINKER.defaultLookup().findOrThrow(name),
        FunctionDescriptor.of(result, arguments),
        Linker.Option.captureCallState("errno"));
  }
}
