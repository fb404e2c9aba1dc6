// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cli;

import io.sluicefs.kernel.mount.MountException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;

/** The system calls with which a process becomes a daemon, and knows whether it is none. */
@SuppressWarnings("restricted") // the launcher enables native access for this module
final class LinuxProcess {
  static final int STANDARD_OUTPUT = 1;
  static final int STANDARD_ERROR = 2;

  /** Source: {@code asm-generic/fcntl.h}; equal on x86_64 and aarch64. */
  private static final int O_WRONLY_CREAT_APPEND_CLOEXEC = 0x1 | 0x40 | 0x400 | 0x80000;

  private static final int OWNER_ONLY = 0600;

  private static final Linker LINKER = Linker.nativeLinker();

  private LinuxProcess() {}

  /** Starts a session of its own; no effect in a process that leads one. */
  static void setsid() {
    try {
      int _ = (int) handle("setsid").invokeExact();
    } catch (Throwable e) {
      throw new IllegalStateException("setsid cannot be called", e);
    }
  }

  /** Leaves the working directory, so that its file system can be unmounted. */
  static void changeToRoot() {
    try (Arena arena = Arena.ofConfined()) {
      int result = (int) handle("chdir", ValueLayout.ADDRESS).invokeExact(arena.allocateFrom("/"));
      if (result != 0) {
        throw new IllegalStateException("chdir / failed");
      }
    } catch (RuntimeException e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException("chdir cannot be called", e);
    }
  }

  /** Lets a descriptor write to the end of a file. */
  static void redirect(Path file, int descriptor) throws MountException {
    int opened;
    int duplicate;
    try (Arena arena = Arena.ofConfined()) {
      opened =
          (int)
              handleOfOpen()
                  .invokeExact(
                      arena.allocateFrom(file.toString()),
                      O_WRONLY_CREAT_APPEND_CLOEXEC,
                      OWNER_ONLY);
      duplicate =
          opened < 0
              ? -1
              : (int)
                  handle("dup2", ValueLayout.JAVA_INT, ValueLayout.JAVA_INT)
                      .invokeExact(opened, descriptor);
      if (opened >= 0) {
        int _ = (int) handle("close", ValueLayout.JAVA_INT).invokeExact(opened);
      }
    } catch (Throwable e) {
      throw new IllegalStateException("open and dup2 cannot be called", e);
    }
    if (duplicate < 0) {
      throw new MountException(file + ": cannot be opened for the log");
    }
  }

  /** Returns whether a descriptor leads to a terminal. */
  static boolean isTerminal(int descriptor) {
    try {
      return (int) handle("isatty", ValueLayout.JAVA_INT).invokeExact(descriptor) == 1;
    } catch (Throwable e) {
      throw new IllegalStateException("isatty cannot be called", e);
    }
  }

  private static MethodHandle handleOfOpen() {
    return LINKER.downcallHandle(
        LINKER.defaultLookup().findOrThrow("open"),
        FunctionDescriptor.of(
            ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT),
        Linker.Option.firstVariadicArg(2));
  }

  private static MethodHandle handle(String name, MemoryLayout... arguments) {
    return LINKER.downcallHandle(
        LINKER.defaultLookup().findOrThrow(name),
        FunctionDescriptor.of(ValueLayout.JAVA_INT, arguments));
  }
}
