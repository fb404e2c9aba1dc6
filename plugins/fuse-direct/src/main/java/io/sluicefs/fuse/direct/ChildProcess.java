// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.fuse.direct;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import com.google.errorprone.annotations.MustBeClosed;
import io.sluicefs.spi.fuse.Errno;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * A process that inherits descriptors, which those that the JDK starts do not, and whose standard
 * error is kept.
 */
final class ChildProcess implements AutoCloseable {
  private static final int STANDARD_ERROR = 2;
  private static final int MFD_CLOEXEC = 1;
  private static final int MAX_ERRORS = 16 * 1024;

  /** Room for a {@code posix_spawn_file_actions_t}, of 80 bytes in glibc. */
  private static final int FILE_ACTIONS_SIZE = 256;

  private static final MethodHandle SPAWN =
      LibC.plain(
          "posix_spawn",
          FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS));
  private static final MethodHandle ACTIONS_INIT =
      LibC.plain("posix_spawn_file_actions_init", FunctionDescriptor.of(JAVA_INT, ADDRESS));
  private static final MethodHandle ACTIONS_ADDDUP2 =
      LibC.plain(
          "posix_spawn_file_actions_adddup2",
          FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT));
  private static final MethodHandle ACTIONS_DESTROY =
      LibC.plain("posix_spawn_file_actions_destroy", FunctionDescriptor.of(JAVA_INT, ADDRESS));
  private static final MethodHandle WAITPID =
      LibC.withErrno("waitpid", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT));
  private static final MethodHandle MEMFD_CREATE =
      LibC.withErrno("memfd_create", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT));
  private static final MethodHandle PREAD =
      LibC.withErrno(
          "pread", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_LONG));

  private final int process;
  private final int errors;

  private ChildProcess(int process, int errors) {
    this.process = process;
    this.errors = errors;
  }

  /**
   * Starts a program.
   *
   * @param command its path, and its arguments
   * @param environment all of it
   */
  @MustBeClosed
  static ChildProcess spawn(List<String> command, List<String> environment) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = LibC.callState(arena);
      int errors = (int) MEMFD_CREATE.invokeExact(state, arena.allocateFrom("errors"), MFD_CLOEXEC);
      if (errors < 0) {
        throw new IOException("memfd_create: " + LibC.message(LibC.errno(state)));
      }
      MemorySegment actions = arena.allocate(FILE_ACTIONS_SIZE, 16);
      MemorySegment process = arena.allocate(JAVA_INT);
      int ignored = (int) ACTIONS_INIT.invokeExact(actions);
      ignored = (int) ACTIONS_ADDDUP2.invokeExact(actions, errors, STANDARD_ERROR);
      int result =
          (int)
              SPAWN.invokeExact(
                  process,
                  arena.allocateFrom(command.getFirst()),
                  actions,
                  MemorySegment.NULL,
                  texts(arena, command),
                  texts(arena, environment));
      ignored = (int) ACTIONS_DESTROY.invokeExact(actions);
      if (result != 0) {
        LibC.close(errors);
        throw new IOException("cannot run " + command.getFirst() + ": " + LibC.message(result));
      }
      return new ChildProcess(process.get(JAVA_INT, 0), errors);
    } catch (IOException e) {
      throw e;
    } catch (Throwable e) {
      throw LibC.unexpected(e);
    }
  }

  private static MemorySegment texts(Arena arena, List<String> texts) {
    MemorySegment all = arena.allocate(ADDRESS, texts.size() + 1L);
    for (int i = 0; i < texts.size(); i++) {
      all.setAtIndex(ADDRESS, i, arena.allocateFrom(texts.get(i)));
    }
    return all;
  }

  /** Waits for its end, and returns its exit status; that of a shell if a signal ended it. */
  int await() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = LibC.callState(arena);
      MemorySegment status = arena.allocate(JAVA_INT);
      int result;
      do {
        result = (int) WAITPID.invokeExact(state, process, status, 0);
      } while (result < 0 && LibC.errno(state) == Errno.EINTR);
      int bits = status.get(JAVA_INT, 0);
      int signal = bits & 0x7f;
      return signal == 0 ? (bits >> 8) & 0xff : 128 + signal;
    } catch (Throwable e) {
      throw LibC.unexpected(e);
    }
  }

  /** Returns what it has written to its standard error. */
  String errors() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = LibC.callState(arena);
      MemorySegment bytes = arena.allocate(MAX_ERRORS);
      long length = (long) PREAD.invokeExact(state, errors, bytes, (long) MAX_ERRORS, 0L);
      return new String(
          bytes.asSlice(0, Math.max(0, length)).toArray(JAVA_BYTE), StandardCharsets.UTF_8);
    } catch (Throwable e) {
      throw LibC.unexpected(e);
    }
  }

  @Override
  public void close() {
    LibC.close(errors);
  }
}
