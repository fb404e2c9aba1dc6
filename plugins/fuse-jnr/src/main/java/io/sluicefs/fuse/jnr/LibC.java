// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.fuse.jnr;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
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
import java.nio.charset.StandardCharsets;

/** The calls of the C library a mount needs. Results below 0 are negated errnos. */
@SuppressWarnings("restricted") // libfuse is native code
final class LibC {
  static final int MNT_DETACH = 2;
  static final int UMOUNT_NOFOLLOW = 8;
  static final int STDERR = 2;

  /** Size of glibc's {@code struct sigaction}: handler, 128 bytes of mask, flags, restorer. */
  private static final long SIGACTION_SIZE = 152;

  private static final Linker LINKER = Linker.nativeLinker();
  private static final StructLayout STATE = Linker.Option.captureStateLayout();
  private static final VarHandle ERRNO = STATE.varHandle(PathElement.groupElement("errno"));

  private static final MethodHandle GETEUID = plain("geteuid", FunctionDescriptor.of(JAVA_INT));
  private static final MethodHandle UMOUNT2 =
      withErrno("umount2", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT));
  private static final MethodHandle WRITE =
      withErrno("write", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG));
  private static final MethodHandle PREAD =
      withErrno("pread", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_LONG));
  private static final MethodHandle MEMFD_CREATE =
      withErrno("memfd_create", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT));
  private static final MethodHandle DUP =
      withErrno("dup", FunctionDescriptor.of(JAVA_INT, JAVA_INT));
  private static final MethodHandle DUP2 =
      withErrno("dup2", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT));
  private static final MethodHandle CLOSE =
      withErrno("close", FunctionDescriptor.of(JAVA_INT, JAVA_INT));
  private static final MethodHandle PTHREAD_SELF =
      plain("pthread_self", FunctionDescriptor.of(JAVA_LONG));
  private static final MethodHandle PTHREAD_KILL =
      plain("pthread_kill", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_INT));
  private static final MethodHandle SIGACTION =
      withErrno("sigaction", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, ADDRESS));
  private static final MethodHandle SIGRTMAX =
      plain("__libc_current_sigrtmax", FunctionDescriptor.of(JAVA_INT));
  private static final MethodHandle LOCALECONV =
      plain("localeconv", FunctionDescriptor.of(ADDRESS.withTargetLayout(ADDRESS)));

  private static final MethodHandle DLOPEN =
      plain("dlopen", FunctionDescriptor.of(JAVA_LONG, ADDRESS, JAVA_INT));
  private static final MethodHandle DLVSYM =
      plain("dlvsym", FunctionDescriptor.of(ADDRESS, JAVA_LONG, ADDRESS, ADDRESS));

  private static final int RTLD_NOW = 2;

  private LibC() {}

  private static MemorySegment symbol(String name) {
    return LINKER.defaultLookup().findOrThrow(name);
  }

  private static MethodHandle plain(String name, FunctionDescriptor type) {
    return LINKER.downcallHandle(symbol(name), type);
  }

  private static MethodHandle withErrno(String name, FunctionDescriptor type) {
    return LINKER.downcallHandle(symbol(name), type, Linker.Option.captureCallState("errno"));
  }

  static AssertionError unexpected(Throwable e) {
    return new AssertionError("a native call threw", e);
  }

  /** Returns a library's handle, 0 if it cannot be loaded. */
  static long openLibrary(String name) {
    try (Arena arena = Arena.ofConfined()) {
      return (long) DLOPEN.invokeExact(arena.allocateFrom(name), RTLD_NOW);
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  static MemorySegment versionedSymbol(long library, String name, String version) {
    MemorySegment found;
    try (Arena arena = Arena.ofConfined()) {
      found =
          (MemorySegment)
              DLVSYM.invokeExact(library, arena.allocateFrom(name), arena.allocateFrom(version));
    } catch (Throwable e) {
      throw unexpected(e);
    }
    if (found.equals(MemorySegment.NULL)) {
      throw new UnsatisfiedLinkError(name + "@" + version);
    }
    return found;
  }

  static int effectiveUser() {
    try {
      return (int) GETEUID.invokeExact();
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  static int umount2(String path, int flags) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(STATE);
      int result = (int) UMOUNT2.invokeExact(state, arena.allocateFrom(path), flags);
      return result < 0 ? -(int) ERRNO.get(state, 0L) : result;
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  static long write(int descriptor, MemorySegment bytes) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(STATE);
      long result = (long) WRITE.invokeExact(state, descriptor, bytes, bytes.byteSize());
      return result < 0 ? -(int) ERRNO.get(state, 0L) : result;
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  /** Returns what a descriptor holds from its start, at most {@code limit} bytes. */
  static String readText(int descriptor, int limit) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(STATE);
      MemorySegment bytes = arena.allocate(limit);
      long length = (long) PREAD.invokeExact(state, descriptor, bytes, (long) limit, 0L);
      return new String(
          bytes.asSlice(0, Math.max(0, length)).toArray(JAVA_BYTE), StandardCharsets.UTF_8);
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  static int memoryFile(String name) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(STATE);
      return (int) MEMFD_CREATE.invokeExact(state, arena.allocateFrom(name), 0);
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  static int duplicate(int descriptor) {
    try (Arena arena = Arena.ofConfined()) {
      return (int) DUP.invokeExact(arena.allocate(STATE), descriptor);
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  static int duplicateOnto(int descriptor, int target) {
    try (Arena arena = Arena.ofConfined()) {
      return (int) DUP2.invokeExact(arena.allocate(STATE), descriptor, target);
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  static void close(int descriptor) {
    try (Arena arena = Arena.ofConfined()) {
      int ignored = (int) CLOSE.invokeExact(arena.allocate(STATE), descriptor);
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

  /** Returns what the process's locale puts between whole and fraction of a number. */
  static String decimalPoint() {
    try {
      MemorySegment conventions = (MemorySegment) LOCALECONV.invokeExact();
      return conventions.get(ADDRESS, 0).reinterpret(16).getString(0);
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
            (int) SIGACTION.invokeExact(arena.allocate(STATE), number, action, MemorySegment.NULL);
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
