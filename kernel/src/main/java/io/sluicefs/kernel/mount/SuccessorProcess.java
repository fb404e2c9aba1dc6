// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.mount;

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
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/**
 * The command that starts the next daemon, as a child of this one, so that it has the environment,
 * the limits, the namespaces and the control group of this one, and the descriptor of the session.
 * Java's own processes inherit no descriptor.
 */
@SuppressWarnings("restricted") // the launcher enables native access for the kernel
final class SuccessorProcess {
  /** The session, in the child. */
  static final int DESCRIPTOR = 3;

  /** What lines of the command begin with. */
  private static final String COMMAND = "sluice: ";

  private static final int STANDARD_INPUT = 0;
  private static final int STANDARD_OUTPUT = 1;
  private static final int STANDARD_ERROR = 2;

  // Source: asm-generic/fcntl.h, asm-generic/errno-base.h.
  private static final int O_RDWR = 2;
  private static final int O_WRONLY_CREAT_TRUNC = 1 | 0x40 | 0x200;
  private static final int OWNER_ONLY = 0600;
  private static final int EINTR = 4;

  /** Descriptors this process may open while the child is being made. */
  private static final int MORE_DESCRIPTORS = 64;

  /** Room for a {@code posix_spawn_file_actions_t}, of 80 bytes in glibc. */
  private static final int FILE_ACTIONS_SIZE = 256;

  private static final Linker LINKER = Linker.nativeLinker();
  private static final StructLayout STATE = Linker.Option.captureStateLayout();
  private static final VarHandle ERRNO =
      STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));
  private static final MethodHandle SPAWN =
      handle(
          "posix_spawn",
          ValueLayout.ADDRESS,
          ValueLayout.ADDRESS,
          ValueLayout.ADDRESS,
          ValueLayout.ADDRESS,
          ValueLayout.ADDRESS,
          ValueLayout.ADDRESS);
  private static final MethodHandle ACTIONS_INIT =
      handle("posix_spawn_file_actions_init", ValueLayout.ADDRESS);
  private static final MethodHandle ACTIONS_DUP =
      handle(
          "posix_spawn_file_actions_adddup2",
          ValueLayout.ADDRESS,
          ValueLayout.JAVA_INT,
          ValueLayout.JAVA_INT);
  private static final MethodHandle ACTIONS_CLOSE =
      handle("posix_spawn_file_actions_addclose", ValueLayout.ADDRESS, ValueLayout.JAVA_INT);
  private static final MethodHandle ACTIONS_OPEN =
      handle(
          "posix_spawn_file_actions_addopen",
          ValueLayout.ADDRESS,
          ValueLayout.JAVA_INT,
          ValueLayout.ADDRESS,
          ValueLayout.JAVA_INT,
          ValueLayout.JAVA_INT);
  private static final MethodHandle ACTIONS_DESTROY =
      handle("posix_spawn_file_actions_destroy", ValueLayout.ADDRESS);
  private static final MethodHandle WAITPID =
      LINKER.downcallHandle(
          LINKER.defaultLookup().findOrThrow("waitpid"),
          FunctionDescriptor.of(
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_INT,
              ValueLayout.ADDRESS,
              ValueLayout.JAVA_INT),
          Linker.Option.captureCallState("errno"));

  private final int process;
  private final Path errors;
  private final CompletableFuture<Integer> status = new CompletableFuture<>();

  private SuccessorProcess(int process, Path errors) {
    this.process = process;
    this.errors = errors;
  }

  private static MethodHandle handle(String name, MemoryLayout... arguments) {
    return LINKER.downcallHandle(
        LINKER.defaultLookup().findOrThrow(name),
        FunctionDescriptor.of(ValueLayout.JAVA_INT, arguments));
  }

  /**
   * Starts a command.
   *
   * @param command its path, and its arguments
   * @param folder where it starts
   * @param session the descriptor it inherits as {@link #DESCRIPTOR}
   * @param errors the file its error stream goes to
   */
  static SuccessorProcess start(List<String> command, Path folder, int session, Path errors)
      throws IOException {
    // glibc has had an action that changes the folder only since 2.29.
    List<String> words =
        new ArrayList<>(
            List.of("/bin/sh", "-c", "cd \"$1\" && shift && exec \"$@\"", "sh", folder.toString()));
    words.addAll(command);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment actions = arena.allocate(FILE_ACTIONS_SIZE, 16);
      MemorySegment process = arena.allocate(ValueLayout.JAVA_INT);
      int ignored = (int) ACTIONS_INIT.invokeExact(actions);
      int error = addActions(actions, session, errors, arena);
      if (error == 0) {
        error =
            (int)
                SPAWN.invokeExact(
                    process,
                    arena.allocateFrom(words.getFirst()),
                    actions,
                    MemorySegment.NULL,
                    texts(arena, words),
                    texts(arena, environment()));
      }
      ignored = (int) ACTIONS_DESTROY.invokeExact(actions);
      if (error != 0) {
        throw new IOException("cannot start " + command.getFirst() + ": errno " + error);
      }
      SuccessorProcess started = new SuccessorProcess(process.get(ValueLayout.JAVA_INT, 0), errors);
      Thread.ofPlatform().name("sluice-successor").daemon().start(started::await);
      return started;
    } catch (IOException e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException("a process cannot be started", e);
    }
  }

  private static int addActions(MemorySegment actions, int session, Path errors, Arena arena)
      throws Throwable {
    MemorySegment nothing = arena.allocateFrom("/dev/null");
    // By way of a number nobody has: a descriptor copied to its own number would be closed.
    int spare = lastDescriptor() + MORE_DESCRIPTORS;
    int error = (int) ACTIONS_DUP.invokeExact(actions, session, spare);
    error |= (int) ACTIONS_DUP.invokeExact(actions, spare, DESCRIPTOR);
    error |= (int) ACTIONS_OPEN.invokeExact(actions, STANDARD_INPUT, nothing, O_RDWR, 0);
    error |= (int) ACTIONS_OPEN.invokeExact(actions, STANDARD_OUTPUT, nothing, O_RDWR, 0);
    error |=
        (int)
            ACTIONS_OPEN.invokeExact(
                actions,
                STANDARD_ERROR,
                arena.allocateFrom(errors.toString()),
                O_WRONLY_CREAT_TRUNC,
                OWNER_ONLY);
    for (int other = DESCRIPTOR + 1; other <= spare; other++) {
      error |= (int) ACTIONS_CLOSE.invokeExact(actions, other);
    }
    return error;
  }

  private static int lastDescriptor() throws IOException {
    int last = DESCRIPTOR;
    try (DirectoryStream<Path> all = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
      for (Path descriptor : all) {
        last = Math.max(last, Integer.parseInt(String.valueOf(descriptor.getFileName())));
      }
    }
    return last;
  }

  private static List<String> environment() {
    return System.getenv().entrySet().stream()
        .map((Map.Entry<String, String> entry) -> entry.getKey() + "=" + entry.getValue())
        .toList();
  }

  private static MemorySegment texts(Arena arena, List<String> texts) {
    MemorySegment all = arena.allocate(ValueLayout.ADDRESS, texts.size() + 1L);
    for (int i = 0; i < texts.size(); i++) {
      all.setAtIndex(ValueLayout.ADDRESS, i, arena.allocateFrom(texts.get(i)));
    }
    return all;
  }

  private void await() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(STATE);
      MemorySegment bits = arena.allocate(ValueLayout.JAVA_INT);
      int result;
      do {
        result = (int) WAITPID.invokeExact(state, process, bits, 0);
      } while (result < 0 && (int) ERRNO.get(state, 0L) == EINTR);
      status.complete(bits.get(ValueLayout.JAVA_INT, 0));
    } catch (Throwable e) {
      status.completeExceptionally(e);
    }
  }

  /** Returns how it ended, 0 if all was well, when it has. */
  CompletableFuture<Integer> status() {
    return status;
  }

  /** Ends it, and the daemon it waits for. */
  void end() {
    ProcessHandle.of(process).ifPresent(ProcessHandle::destroy);
  }

  /** Returns the last line of its error stream. */
  String problem() {
    try {
      List<String> lines = Files.readAllLines(errors);
      String last = lines.isEmpty() ? "" : lines.getLast();
      String line = last.startsWith(COMMAND) ? last.substring(COMMAND.length()) : last;
      return line.isBlank() ? "the new daemon ended before it served" : line;
    } catch (IOException e) {
      return "the new daemon ended before it served";
    }
  }
}
