// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.fuse.jnr;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import org.jspecify.annotations.Nullable;

/**
 * The session functions of libfuse 2. jnr-fuse itself binds only {@code fuse_main}, which makes its
 * own threads, each attached to the JVM at every callback, and takes over the process's signals.
 */
@SuppressWarnings("restricted") // libfuse is native code
final class LibFuse {
  private final MethodHandle mount;
  private final MethodHandle unmount;
  private final MethodHandle create;
  private final MethodHandle destroy;
  private final MethodHandle freeArguments;
  private final MethodHandle getSession;
  private final MethodHandle exitSession;
  private final MethodHandle descriptor;
  private final MethodHandle bufferSize;
  private final MethodHandle receive;
  private final MethodHandle process;

  private LibFuse(long library) {
    mount = bind(library, "fuse_mount", "FUSE_2.6", ADDRESS, ADDRESS, ADDRESS);
    create =
        bind(
            library,
            "fuse_new",
            "FUSE_2.6",
            ADDRESS,
            ADDRESS,
            ADDRESS,
            ADDRESS,
            JAVA_LONG,
            ADDRESS);
    unmount = bind(library, "fuse_unmount", "FUSE_2.6", null, ADDRESS, ADDRESS);
    destroy = bind(library, "fuse_destroy", "FUSE_2.2", null, ADDRESS);
    freeArguments = bind(library, "fuse_opt_free_args", "FUSE_2.5", null, ADDRESS);
    getSession = bind(library, "fuse_get_session", "FUSE_2.6", ADDRESS, ADDRESS);
    exitSession = bind(library, "fuse_session_exit", "FUSE_2.4", null, ADDRESS);
    descriptor = bind(library, "fuse_chan_fd", "FUSE_2.4", JAVA_INT, ADDRESS);
    bufferSize = bind(library, "fuse_chan_bufsize", "FUSE_2.4", JAVA_LONG, ADDRESS);
    receive = bind(library, "fuse_chan_recv", "FUSE_2.6", JAVA_INT, ADDRESS, ADDRESS, JAVA_LONG);
    process =
        bind(
            library,
            "fuse_session_process",
            "FUSE_2.4",
            null,
            ADDRESS,
            ADDRESS,
            JAVA_LONG,
            ADDRESS);
  }

  /**
   * Loads the library.
   *
   * @throws IOException if this host has none
   */
  static LibFuse load() throws IOException {
    long library = LibC.openLibrary("libfuse.so.2");
    if (library == 0) {
      throw new IOException(
          "libfuse.so.2 was not found; install libfuse2 (Debian, Ubuntu) or fuse-libs (Red Hat)");
    }
    return new LibFuse(library);
  }

  /** Binds a function in the version meant: some names also stand for older, other functions. */
  private static MethodHandle bind(
      long library,
      String name,
      String version,
      @Nullable MemoryLayout result,
      MemoryLayout... parameters) {
    FunctionDescriptor type =
        result == null
            ? FunctionDescriptor.ofVoid(parameters)
            : FunctionDescriptor.of(result, parameters);
    MemorySegment function = LibC.versionedSymbol(library, name, version);
    return Linker.nativeLinker().downcallHandle(function, type);
  }

  /** Mounts; the channel it returns is null if that fails, and the reason is on standard error. */
  MemorySegment mount(String mountpoint, MemorySegment arguments) {
    try (Arena arena = Arena.ofConfined()) {
      return (MemorySegment) mount.invokeExact(arena.allocateFrom(mountpoint), arguments);
    } catch (Throwable e) {
      throw LibC.unexpected(e);
    }
  }

  /** Closes the channel and unmounts, unless that happened already. */
  void unmount(String mountpoint, MemorySegment channel) {
    try (Arena arena = Arena.ofConfined()) {
      unmount.invokeExact(arena.allocateFrom(mountpoint), channel);
    } catch (Throwable e) {
      throw LibC.unexpected(e);
    }
  }

  /** Makes the file system of a channel; null if that fails, reason on standard error. */
  MemorySegment create(MemorySegment channel, MemorySegment arguments, MemorySegment operations) {
    try {
      return (MemorySegment)
          create.invokeExact(
              channel, arguments, operations, operations.byteSize(), MemorySegment.NULL);
    } catch (Throwable e) {
      throw LibC.unexpected(e);
    }
  }

  void destroy(MemorySegment fuse) {
    try {
      destroy.invokeExact(fuse);
    } catch (Throwable e) {
      throw LibC.unexpected(e);
    }
  }

  void freeArguments(MemorySegment arguments) {
    try {
      freeArguments.invokeExact(arguments);
    } catch (Throwable e) {
      throw LibC.unexpected(e);
    }
  }

  MemorySegment session(MemorySegment fuse) {
    try {
      return (MemorySegment) getSession.invokeExact(fuse);
    } catch (Throwable e) {
      throw LibC.unexpected(e);
    }
  }

  void exit(MemorySegment session) {
    try {
      exitSession.invokeExact(session);
    } catch (Throwable e) {
      throw LibC.unexpected(e);
    }
  }

  int descriptor(MemorySegment channel) {
    try {
      return (int) descriptor.invokeExact(channel);
    } catch (Throwable e) {
      throw LibC.unexpected(e);
    }
  }

  long bufferSize(MemorySegment channel) {
    try {
      return (long) bufferSize.invokeExact(channel);
    } catch (Throwable e) {
      throw LibC.unexpected(e);
    }
  }

  /**
   * Waits for a request.
   *
   * @param channel cell that holds the channel's address
   * @return its length; 0 when the session has ended; a negated errno
   */
  int receive(MemorySegment channel, MemorySegment buffer) {
    try {
      return (int) receive.invokeExact(channel, buffer, buffer.byteSize());
    } catch (Throwable e) {
      throw LibC.unexpected(e);
    }
  }

  /** Answers a request, by a callback on this thread. */
  void process(MemorySegment session, MemorySegment buffer, long length, MemorySegment channel) {
    try {
      process.invokeExact(session, buffer, length, channel);
    } catch (Throwable e) {
      throw LibC.unexpected(e);
    }
  }
}
