// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.mount;

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

/**
 * The system calls about mounts that Java does not have. Loaded only when a mountpoint has to be
 * cleaned or unmounted, since the first foreign call costs tens of milliseconds.
 */
@SuppressWarnings("restricted") // the launcher enables native access for the kernel
final class LinuxCalls {
  /** Detach now, end when nothing uses it any more. Source: {@code sys/mount.h}. */
  static final int MNT_DETACH = 2;

  /** The daemon of a FUSE mount is gone. Source: {@code asm-generic/errno.h}. */
  static final int ENOTCONN = 107;

  private static final int AT_FDCWD = -100;
  private static final int AT_STATX_FORCE_SYNC = 0x2000;
  private static final int STATX_TYPE = 1;

  /** Size of {@code struct statx}, whose contents nobody here looks at. */
  private static final long STATX_SIZE = 256;

  private static final Linker LINKER = Linker.nativeLinker();
  private static final StructLayout STATE = Linker.Option.captureStateLayout();
  private static final VarHandle ERRNO =
      STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));
  private static final MethodHandle UMOUNT2 =
      handle("umount2", ValueLayout.ADDRESS, ValueLayout.JAVA_INT);
  private static final MethodHandle STATX =
      handle(
          "statx",
          ValueLayout.JAVA_INT,
          ValueLayout.ADDRESS,
          ValueLayout.JAVA_INT,
          ValueLayout.JAVA_INT,
          ValueLayout.ADDRESS);

  private LinuxCalls() {}

  /** Returns 0, or the errno with which unmounting failed. */
  static int umount2(Path mountpoint, int flags) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(STATE);
      int result =
          (int) UMOUNT2.invokeExact(state, arena.allocateFrom(mountpoint.toString()), flags);
      return errno(result, state);
    } catch (Throwable e) {
      throw new IllegalStateException("umount2 cannot be called", e);
    }
  }

  /** Returns 0 if the file system at a path answers, or the errno it answers with. */
  static int statx(Path path) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(STATE);
      int result =
          (int)
              STATX.invokeExact(
                  state,
                  AT_FDCWD,
                  arena.allocateFrom(path.toString()),
                  AT_STATX_FORCE_SYNC,
                  STATX_TYPE,
                  arena.allocate(STATX_SIZE, 8));
      return errno(result, state);
    } catch (Throwable e) {
      throw new IllegalStateException("statx cannot be called", e);
    }
  }

  private static int errno(int result, MemorySegment state) {
    return result == 0 ? 0 : (int) ERRNO.get(state, 0L);
  }

  private static MethodHandle handle(String name, MemoryLayout... arguments) {
    return LINKER.downcallHandle(
        LINKER.defaultLookup().findOrThrow(name),
        FunctionDescriptor.of(ValueLayout.JAVA_INT, arguments),
        Linker.Option.captureCallState("errno"));
  }
}
