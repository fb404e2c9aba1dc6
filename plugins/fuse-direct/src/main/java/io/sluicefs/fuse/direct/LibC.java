// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.fuse.direct;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;

/**
 * The calls of the C library a session makes. Results below 0 are negated errnos. Constants are
 * those of Linux on x86_64 and aarch64.
 */
@SuppressWarnings("restricted") // the C library is native code
final class LibC {
  static final int UMOUNT_DETACH = 2;
  static final int UMOUNT_NOFOLLOW = 8;
  static final int MS_RDONLY = 1;
  static final int MS_NOSUID = 2;
  static final int MS_NODEV = 4;

  private static final int O_RDWR = 2;
  private static final int O_CLOEXEC = 02000000;
  private static final int PROT_READ_WRITE = 3;
  private static final int MAP_PRIVATE_ANONYMOUS = 0x22;

  /** Size of glibc's {@code struct sigaction}: handler, 128 bytes of mask, flags, restorer. */
  private static final long SIGACTION_SIZE = 152;

  private static final Linker LINKER = Linker.nativeLinker();
  private static final StructLayout STATE = Linker.Option.captureStateLayout();
  private static final VarHandle ERRNO = STATE.varHandle(PathElement.groupElement("errno"));

  private static final MethodHandle GETEUID = plain("geteuid", FunctionDescriptor.of(JAVA_INT));
  private static final MethodHandle GETEGID = plain("getegid", FunctionDescriptor.of(JAVA_INT));
  private static final MethodHandle GETPAGESIZE =
      plain("getpagesize", FunctionDescriptor.of(JAVA_INT));
  private static final MethodHandle STRERROR =
      plain("strerror", FunctionDescriptor.of(ADDRESS, JAVA_INT));
  private static final MethodHandle OPEN =
      LINKER.downcallHandle(
          symbol("open"),
          FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT),
          Linker.Option.captureCallState("errno"),
          Linker.Option.firstVariadicArg(2));
  private static final MethodHandle CLOSE =
      withErrno("close", FunctionDescriptor.of(JAVA_INT, JAVA_INT));
  private static final MethodHandle READ =
      withErrno("read", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG));
  private static final MethodHandle WRITEV =
      withErrno("writev", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_INT));
  private static final MethodHandle MOUNT =
      withErrno(
          "mount", FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, ADDRESS, JAVA_LONG, ADDRESS));
  private static final MethodHandle UMOUNT2 =
      withErrno("umount2", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT));
  private static final MethodHandle MMAP =
      withErrno(
          "mmap",
          FunctionDescriptor.of(
              JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG));
  private static final MethodHandle MUNMAP =
      withErrno("munmap", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG));
  private static final MethodHandle PTHREAD_SELF =
      plain("pthread_self", FunctionDescriptor.of(JAVA_LONG));
  private static final MethodHandle PTHREAD_KILL =
      plain("pthread_kill", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_INT));
  private static final MethodHandle SIGACTION =
      withErrno("sigaction", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, ADDRESS));
  private static final MethodHandle SIGRTMAX =
      plain("__libc_current_sigrtmax", FunctionDescriptor.of(JAVA_INT));

  private LibC() {}

  static MemorySegment symbol(String name) {
    return LINKER.defaultLookup().findOrThrow(name);
  }

  static MethodHandle plain(String name, FunctionDescriptor type) {
    return LINKER.downcallHandle(symbol(name), type);
  }

  static MethodHandle withErrno(String name, FunctionDescriptor type) {
    return LINKER.downcallHandle(symbol(name), type, Linker.Option.captureCallState("errno"));
  }

  static AssertionError unexpected(Throwable e) {
    return new AssertionError("a native call threw", e);
  }

  /** Allocates what a call leaves its errno in. */
  static MemorySegment callState(Arena arena) {
    return arena.allocate(STATE);
  }

  /** Returns the errno a failed call left. */
  static int errno(MemorySegment state) {
    return (int) ERRNO.get(state, 0L);
  }

  static int effectiveUser() {
    try {
      return (int) GETEUID.invokeExact();
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  static int effectiveGroup() {
    try {
      return (int) GETEGID.invokeExact();
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  static int pageSize() {
    try {
      return (int) GETPAGESIZE.invokeExact();
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  /** Returns what an errno means, as people read it. */
  static String message(int errno) {
    try {
      MemorySegment text = (MemorySegment) STRERROR.invokeExact(errno);
      return text.reinterpret(256).getString(0);
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  /** Opens for reading and writing. */
  static int open(String path) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = callState(arena);
      int result = (int) OPEN.invokeExact(state, arena.allocateFrom(path), O_RDWR | O_CLOEXEC);
      return result < 0 ? -errno(state) : result;
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  static void close(int descriptor) {
    try (Arena arena = Arena.ofConfined()) {
      int ignored = (int) CLOSE.invokeExact(callState(arena), descriptor);
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  /**
   * Reads into a buffer.
   *
   * @param state from {@link #callState}
   */
  static long read(MemorySegment state, int descriptor, MemorySegment buffer) {
    try {
      long result = (long) READ.invokeExact(state, descriptor, buffer, buffer.byteSize());
      return result < 0 ? -errno(state) : result;
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  /**
   * Writes pieces of memory as one.
   *
   * @param state from {@link #callState}
   * @param pieces array of {@code struct iovec}
   */
  static long writev(MemorySegment state, int descriptor, MemorySegment pieces, int count) {
    try {
      long result = (long) WRITEV.invokeExact(state, descriptor, pieces, count);
      return result < 0 ? -errno(state) : result;
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  static int mount(String source, String mountpoint, String type, long flags, String data) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = callState(arena);
      int result =
          (int)
              MOUNT.invokeExact(
                  state,
                  arena.allocateFrom(source),
                  arena.allocateFrom(mountpoint),
                  arena.allocateFrom(type),
                  flags,
                  arena.allocateFrom(data));
      return result < 0 ? -errno(state) : result;
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  static int umount2(String path, int flags) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = callState(arena);
      int result = (int) UMOUNT2.invokeExact(state, arena.allocateFrom(path), flags);
      return result < 0 ? -errno(state) : result;
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  /** Maps memory that takes no room before it is touched, and starts at a page. */
  static MemorySegment map(long size, Arena arena) {
    try (Arena local = Arena.ofConfined()) {
      MemorySegment state = callState(local);
      long address =
          (long) MMAP.invokeExact(state, 0L, size, PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS, -1, 0L);
      if (address == -1) {
        throw new OutOfMemoryError("mmap of " + size + " bytes: " + message(errno(state)));
      }
      return MemorySegment.ofAddress(address).reinterpret(size, arena, LibC::unmap);
    } catch (OutOfMemoryError e) {
      throw e;
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  private static void unmap(MemorySegment memory) {
    try (Arena arena = Arena.ofConfined()) {
      int ignored = (int) MUNMAP.invokeExact(callState(arena), memory.address(), memory.byteSize());
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  static long currentThread() {
    try {
      return (long) PTHREAD_SELF.invokeExact();
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  /** Makes a blocking call of a thread return EINTR. The thread must not have ended. */
  static void wake(long thread) {
    try {
      int ignored = (int) PTHREAD_KILL.invokeExact(thread, WakeSignal.NUMBER);
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  /**
   * The signal that wakes a thread out of a read of /dev/fuse. Its handler does nothing; without
   * SA_RESTART the read then returns. The JDK wakes its own threads the same way with SIGRTMAX-2.
   */
  private static final class WakeSignal {
    static final int NUMBER = install();

    private static int install() {
      try (Arena arena = Arena.ofConfined()) {
        int number = (int) SIGRTMAX.invokeExact() - 3;
        MemorySegment action = arena.allocate(SIGACTION_SIZE, 8);
        // Any function that takes an int and touches nothing serves as the handler.
        action.set(ADDRESS, 0, symbol("abs"));
        int result =
            (int) SIGACTION.invokeExact(callState(arena), number, action, MemorySegment.NULL);
        if (result != 0) {
          throw new IllegalStateException("sigaction refused signal " + number);
        }
        return number;
      } catch (Throwable e) {
        throw unexpected(e);
      }
    }
  }
}
