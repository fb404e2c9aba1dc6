// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.staging;

import com.google.errorprone.annotations.MustBeClosed;
import io.sluicefs.spi.ByteRange;
import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/**
 * An open file of Linux, with what Java's channels do not have: holes can be punched, a lock lasts
 * as long as this descriptor whatever else the process opens, the errno is known, and a thread that
 * is interrupted while it writes does not close the file for all others. Thread-safe but for close.
 */
@SuppressWarnings("restricted") // the launcher enables native access for the kernel
final class LinuxFile implements AutoCloseable {
  /** A system call failed. */
  static final class CallException extends IOException {
    private static final long serialVersionUID = 1L;
    private final int errno;

    CallException(Path path, String call, int errno) {
      super(path + ": " + call + " failed with " + describe(errno));
      this.errno = errno;
    }

    /** Returns whether it failed for want of room. */
    boolean isDiskFull() {
      return errno == ENOSPC || errno == EDQUOT || errno == EFBIG;
    }

    private static String describe(int errno) {
      return switch (errno) {
        case EIO -> "EIO";
        case EACCES -> "EACCES";
        case EFBIG -> "EFBIG, the file would be too large";
        case ENOSPC -> "ENOSPC, the disk is full";
        case EROFS -> "EROFS, the disk is read-only";
        case ELOOP -> "ELOOP, it is a symbolic link";
        case EDQUOT -> "EDQUOT, the user's quota of the disk is used up";
        default -> "errno " + errno;
      };
    }
  }

  // Source: asm-generic/errno.h, equal on x86_64 and aarch64.
  private static final int ENOENT = 2;
  private static final int EINTR = 4;
  private static final int EIO = 5;
  private static final int EAGAIN = 11;
  private static final int EACCES = 13;
  private static final int EFBIG = 27;
  private static final int ENOSPC = 28;
  private static final int EROFS = 30;
  private static final int ELOOP = 40;
  private static final int EOPNOTSUPP = 95;
  private static final int EDQUOT = 122;

  // Source: asm-generic/fcntl.h; O_NOFOLLOW is another bit on aarch64.
  private static final int O_RDWR = 0x2;
  private static final int O_CREAT_EXCL = 0x40 | 0x80;
  private static final int O_CLOEXEC = 0x80000;
  private static final int O_NOFOLLOW =
      System.getProperty("os.arch", "").equals("aarch64") ? 0x8000 : 0x20000;
  private static final int OWNER_ONLY = 0600;

  // Source: linux/falloc.h.
  private static final int PUNCH_HOLE_KEEP_SIZE = 0x2 | 0x1;

  // Source: asm-generic/fcntl.h, sys/file.h.
  private static final int LOCK_SH_NB = 1 | 4;
  private static final int LOCK_EX = 2;
  private static final int LOCK_EX_NB = 2 | 4;

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
  private static final MethodHandle PWRITE = transfer("pwrite");
  private static final MethodHandle PREAD = transfer("pread");
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

  private final Path path;
  private final int descriptor;
  private boolean closed;

  private LinuxFile(Path path, int descriptor) {
    this.path = path;
    this.descriptor = descriptor;
  }

  /** Opens a file that exists and is no symbolic link, for reading and writing. */
  @MustBeClosed
  static LinuxFile open(Path path) throws IOException {
    return open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
  }

  /** Makes a file only this user may open; fails if there is anything of that name. */
  @MustBeClosed
  static LinuxFile create(Path path) throws IOException {
    return open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_CREAT_EXCL);
  }

  @MustBeClosed
  @SuppressWarnings("MustBeClosedChecker") // returned
  private static LinuxFile open(Path path, int flags) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(STATE);
      MemorySegment name = arena.allocateFrom(path.toString());
      int descriptor;
      int errno;
      do {
        descriptor = (int) OPEN.invokeExact(state, name, flags, OWNER_ONLY);
        errno = descriptor < 0 ? errno(state) : 0;
      } while (errno == EINTR);
      if (errno == ENOENT) {
        throw new NoSuchFileException(path.toString());
      }
      if (errno != 0) {
        throw new CallException(path, "open", errno);
      }
      return new LinuxFile(path, descriptor);
    } catch (IOException e) {
      throw e;
    } catch (Throwable e) {
      throw uncallable(e);
    }
  }

  /** Returns the link under which this process sees the open file, whatever its name is now. */
  Path link() {
    return Path.of("/proc/self/fd", Integer.toString(descriptor));
  }

  /** Writes all of {@code data}, native memory, at an offset. */
  void write(long offset, MemorySegment data) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(STATE);
      for (long done = 0; done < data.byteSize(); ) {
        MemorySegment rest = data.asSlice(done);
        long count =
            (long) PWRITE.invokeExact(state, descriptor, rest, rest.byteSize(), offset + done);
        if (count >= 0) {
          done += count;
        } else if (errno(state) != EINTR) {
          throw new CallException(path, "write", errno(state));
        }
      }
    } catch (IOException e) {
      throw e;
    } catch (Throwable e) {
      throw uncallable(e);
    }
  }

  /**
   * Fills {@code target}, native memory, from an offset.
   *
   * @throws EOFException if the file ends before
   */
  void read(long offset, MemorySegment target) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(STATE);
      for (long done = 0; done < target.byteSize(); ) {
        MemorySegment rest = target.asSlice(done);
        long count =
            (long) PREAD.invokeExact(state, descriptor, rest, rest.byteSize(), offset + done);
        if (count > 0) {
          done += count;
        } else if (count == 0) {
          throw new EOFException(path + ": ends before " + (offset + target.byteSize()));
        } else if (errno(state) != EINTR) {
          throw new CallException(path, "read", errno(state));
        }
      }
    } catch (IOException e) {
      throw e;
    } catch (Throwable e) {
      throw uncallable(e);
    }
  }

  /** Makes it end at {@code size}. */
  void truncate(long size) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(STATE);
      if ((int) FTRUNCATE.invokeExact(state, descriptor, size) != 0) {
        throw new CallException(path, "truncate", errno(state));
      }
    } catch (IOException e) {
      throw e;
    } catch (Throwable e) {
      throw uncallable(e);
    }
  }

  /** Gives the blocks of a range back to the disk; returns false if the disk cannot do that. */
  boolean punchHole(ByteRange range) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(STATE);
      int result =
          (int)
              FALLOCATE.invokeExact(
                  state, descriptor, PUNCH_HOLE_KEEP_SIZE, range.start(), range.length());
      if (result != 0 && errno(state) != EOPNOTSUPP) {
        throw new CallException(path, "fallocate", errno(state));
      }
      return result == 0;
    } catch (IOException e) {
      throw e;
    } catch (Throwable e) {
      throw uncallable(e);
    }
  }

  /** Locks it, until it is closed, for itself alone; returns false if anybody has a lock. */
  boolean tryLock() throws IOException {
    return flock(LOCK_EX_NB);
  }

  /** Locks it, until it is closed, for itself alone, when everybody else's lock is gone. */
  void lock() throws IOException {
    boolean locked = false;
    while (!locked) {
      locked = flock(LOCK_EX);
    }
  }

  /** Locks it, until it is closed, beside others that do so; returns false if it is locked. */
  boolean tryLockShared() throws IOException {
    return flock(LOCK_SH_NB);
  }

  private boolean flock(int how) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(STATE);
      int result = (int) FLOCK.invokeExact(state, descriptor, how);
      if (result != 0 && errno(state) != EAGAIN && errno(state) != EINTR) {
        throw new CallException(path, "flock", errno(state));
      }
      return result == 0;
    } catch (IOException e) {
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

  private static int errno(MemorySegment state) {
    return (int) ERRNO.get(state, 0L);
  }

  private static IllegalStateException uncallable(Throwable cause) {
    if (cause instanceof Error error) {
      throw error;
    }
    return new IllegalStateException("the C library cannot be called", cause);
  }

  private static MethodHandle transfer(String name) {
    return handle(
        name,
        ValueLayout.JAVA_LONG,
        ValueLayout.JAVA_INT,
        ValueLayout.ADDRESS,
        ValueLayout.JAVA_LONG,
        ValueLayout.JAVA_LONG);
  }

  private static MethodHandle handle(String name, MemoryLayout result, MemoryLayout... arguments) {
    return LINKER.downcallHandle(
        LINKER.defaultLookup().findOrThrow(name),
        FunctionDescriptor.of(result, arguments),
        Linker.Option.captureCallState("errno"));
  }
}
