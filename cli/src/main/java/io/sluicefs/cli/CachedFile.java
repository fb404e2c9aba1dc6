// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cli;

import com.google.errorprone.annotations.MustBeClosed;
import java.io.ByteArrayOutputStream;
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
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;

/**
 * A file open for reading, of which the page cache can be filled and asked. For one thread.
 *
 * <p>It is filled by {@code sendfile} to {@code /dev/null}, which reads ahead and reports errors as
 * {@code read} does, and copies nothing out of the page cache: docs/decisions say what else was
 * measured.
 */
@SuppressWarnings("restricted") // the launcher enables native access for this module
final class CachedFile implements AutoCloseable {
  // Source: asm-generic/errno-base.h and errno.h; equal on x86_64 and aarch64.
  static final int ESTALE = 116;
  private static final int EPERM = 1;
  private static final int EINTR = 4;
  private static final int ENOSYS = 38;

  // Source: asm-generic/fcntl.h. A pipe nobody writes to must not be waited for.
  private static final int O_RDONLY_NONBLOCK_CLOEXEC = 0x800 | 0x80000;
  private static final int O_WRONLY_CLOEXEC = 0x1 | 0x80000;

  private static final int SEEK_END = 2;
  private static final int POSIX_FADV_SEQUENTIAL = 2;
  private static final int POSIX_FADV_DONTNEED = 4;
  private static final int PROT_READ = 1;
  private static final int MAP_SHARED = 1;
  private static final long MAP_FAILED = -1;

  /** Since Linux 6.5. Source: asm-generic/unistd.h. */
  private static final long SYS_CACHESTAT = 451;

  /** struct cachestat_range: offset and length, of which 0 is to the end. */
  private static final MemoryLayout WHOLE_FILE =
      MemoryLayout.sequenceLayout(2, ValueLayout.JAVA_LONG);

  /** struct cachestat: pages cached, dirty, in writeback, evicted, recently evicted. */
  private static final MemoryLayout CACHESTAT =
      MemoryLayout.sequenceLayout(5, ValueLayout.JAVA_LONG);

  private static final int NR_CACHE = 0;
  private static final int NR_EVICTED = 3;

  /** Bytes mapped at once to be asked about, whose answer has a byte for each page. */
  private static final long MINCORE_WINDOW = 1L << 30;

  private static final Linker LINKER = Linker.nativeLinker();
  private static final StructLayout STATE = Linker.Option.captureStateLayout();
  private static final VarHandle ERRNO =
      STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));
  private static final MethodHandle OPEN =
      LINKER.downcallHandle(
          LINKER.defaultLookup().findOrThrow("open"),
          FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_INT),
          Linker.Option.firstVariadicArg(2),
          Linker.Option.captureCallState("errno"));
  private static final MethodHandle CLOSE =
      handle("close", ValueLayout.JAVA_INT, ValueLayout.JAVA_INT);
  private static final MethodHandle LSEEK =
      handle(
          "lseek",
          ValueLayout.JAVA_LONG,
          ValueLayout.JAVA_INT,
          ValueLayout.JAVA_LONG,
          ValueLayout.JAVA_INT);
  private static final MethodHandle FADVISE =
      handle(
          "posix_fadvise",
          ValueLayout.JAVA_INT,
          ValueLayout.JAVA_INT,
          ValueLayout.JAVA_LONG,
          ValueLayout.JAVA_LONG,
          ValueLayout.JAVA_INT);
  private static final MethodHandle SENDFILE =
      handle(
          "sendfile",
          ValueLayout.JAVA_LONG,
          ValueLayout.JAVA_INT,
          ValueLayout.JAVA_INT,
          ValueLayout.ADDRESS,
          ValueLayout.JAVA_LONG);
  private static final MethodHandle SYSCALL =
      LINKER.downcallHandle(
          LINKER.defaultLookup().findOrThrow("syscall"),
          FunctionDescriptor.of(
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_LONG,
              ValueLayout.ADDRESS,
              ValueLayout.ADDRESS,
              ValueLayout.JAVA_LONG),
          Linker.Option.firstVariadicArg(1),
          Linker.Option.captureCallState("errno"));
  private static final MethodHandle MMAP =
      handle(
          "mmap",
          ValueLayout.JAVA_LONG,
          ValueLayout.JAVA_LONG,
          ValueLayout.JAVA_LONG,
          ValueLayout.JAVA_INT,
          ValueLayout.JAVA_INT,
          ValueLayout.JAVA_INT,
          ValueLayout.JAVA_LONG);
  private static final MethodHandle MUNMAP =
      handle("munmap", ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG);
  private static final MethodHandle MINCORE =
      handle(
          "mincore",
          ValueLayout.JAVA_INT,
          ValueLayout.JAVA_LONG,
          ValueLayout.JAVA_LONG,
          ValueLayout.ADDRESS);
  private static final MethodHandle STRERROR =
      LINKER.downcallHandle(
          LINKER.defaultLookup().findOrThrow("strerror"),
          FunctionDescriptor.of(ValueLayout.ADDRESS, ValueLayout.JAVA_INT));
  private static final long PAGE_SIZE = pageSize();

  private final Path path;
  private final Arena arena;
  private final MemorySegment state;
  private final int descriptor;
  private int nowhere = -1;

  @SuppressWarnings("MustBeClosedChecker") // close() closes it
  private CachedFile(Path path, Arena arena) throws LinuxCallException {
    this.path = path;
    this.arena = arena;
    this.state = arena.allocate(STATE);
    this.descriptor = opened(name(path), O_RDONLY_NONBLOCK_CLOEXEC);
  }

  /** Opens a file, whatever its name is made of. */
  @MustBeClosed
  @SuppressWarnings("MustBeClosedChecker") // returned
  static CachedFile open(Path path) throws LinuxCallException {
    Arena arena = Arena.ofConfined();
    try {
      return new CachedFile(path, arena);
    } catch (LinuxCallException | RuntimeException e) {
      arena.close();
      throw e;
    }
  }

  /** Returns how many bytes it has now. */
  long size() throws LinuxCallException {
    try {
      long size = (long) LSEEK.invokeExact(state, descriptor, 0L, SEEK_END);
      if (size < 0) {
        throw failed();
      }
      return size;
    } catch (Throwable e) {
      throw rethrown(e);
    }
  }

  /** Takes what is in the page cache out of it, as far as nobody holds it. */
  void forget() {
    try {
      // Advice that is not taken changes nothing.
      int _ = (int) FADVISE.invokeExact(state, descriptor, 0L, 0L, POSIX_FADV_DONTNEED);
    } catch (Throwable e) {
      throw uncallable(e);
    }
  }

  /** Lets Linux read twice as far ahead as it does otherwise. */
  void expectReadingInOrder() {
    try {
      // Advice that is not taken changes nothing.
      int _ = (int) FADVISE.invokeExact(state, descriptor, 0L, 0L, POSIX_FADV_SEQUENTIAL);
    } catch (Throwable e) {
      throw uncallable(e);
    }
  }

  /**
   * Reads a range into the page cache.
   *
   * @return how many bytes of it are there now; 0 at the end of the file
   */
  long fill(long offset, long count) throws LinuxCallException {
    if (nowhere < 0) {
      nowhere = opened(arena.allocateFrom("/dev/null"), O_WRONLY_CLOEXEC);
    }
    try (Arena call = Arena.ofConfined()) {
      MemorySegment position = call.allocateFrom(ValueLayout.JAVA_LONG, offset);
      while (true) {
        long sent = (long) SENDFILE.invokeExact(state, nowhere, descriptor, position, count);
        if (sent >= 0) {
          return sent;
        }
        if (errno() != EINTR) {
          throw failed();
        }
      }
    } catch (Throwable e) {
      throw rethrown(e);
    }
  }

  /** Asks what is in the page cache, without reading anything. */
  Residency residency() throws IOException {
    long size = size();
    MemorySegment range = arena.allocate(WHOLE_FILE);
    MemorySegment counts = arena.allocate(CACHESTAT);
    try {
      long result =
          (long) SYSCALL.invokeExact(state, SYS_CACHESTAT, (long) descriptor, range, counts, 0L);
      if (result == 0) {
        return new Residency(
            size,
            OptionalLong.of(bytes(counts.getAtIndex(ValueLayout.JAVA_LONG, NR_CACHE), size)),
            OptionalLong.of(bytes(counts.getAtIndex(ValueLayout.JAVA_LONG, NR_EVICTED), size)));
      }
    } catch (Throwable e) {
      throw uncallable(e);
    }
    // Filters of older container engines answer EPERM to calls they do not know.
    return errno() == ENOSYS || errno() == EPERM
        ? residencyOfMapping(size)
        : Residency.unknown(size);
  }

  /** The same on a Linux without cachestat. */
  Residency residencyOfMapping(long size) throws IOException {
    if (!mincoreTellsTheTruth()) {
      return Residency.unknown(size);
    }
    long resident = 0;
    for (long offset = 0; offset < size; offset += MINCORE_WINDOW) {
      OptionalLong pages = residentPages(offset, Math.min(MINCORE_WINDOW, size - offset));
      if (pages.isEmpty()) {
        return Residency.unknown(size);
      }
      resident += pages.getAsLong();
    }
    return new Residency(size, OptionalLong.of(bytes(resident, size)), OptionalLong.empty());
  }

  /** To whom could not change the file Linux says that all of it is resident. */
  private boolean mincoreTellsTheTruth() throws IOException {
    if (Files.isWritable(path)) {
      return true;
    }
    Object me = Files.getAttribute(Path.of("/proc/self"), "unix:uid");
    return me.equals(0) || me.equals(Files.getAttribute(path, "unix:uid"));
  }

  private OptionalLong residentPages(long offset, long length) {
    try (Arena call = Arena.ofConfined()) {
      long address =
          (long) MMAP.invokeExact(state, 0L, length, PROT_READ, MAP_SHARED, descriptor, offset);
      if (address == MAP_FAILED) {
        return OptionalLong.empty();
      }
      try {
        long pages = Math.ceilDiv(length, PAGE_SIZE);
        MemorySegment answer = call.allocate(pages);
        if ((int) MINCORE.invokeExact(state, address, length, answer) != 0) {
          return OptionalLong.empty();
        }
        long resident = 0;
        for (long page = 0; page < pages; page++) {
          resident += answer.get(ValueLayout.JAVA_BYTE, page) & 1;
        }
        return OptionalLong.of(resident);
      } finally {
        int _ = (int) MUNMAP.invokeExact(state, address, length);
      }
    } catch (Throwable e) {
      throw uncallable(e);
    }
  }

  @Override
  public void close() {
    try {
      int _ = (int) CLOSE.invokeExact(state, descriptor);
      if (nowhere >= 0) {
        int _ = (int) CLOSE.invokeExact(state, nowhere);
      }
    } catch (Throwable e) {
      throw uncallable(e);
    }
    arena.close();
  }

  private static long bytes(long pages, long size) {
    return Math.min(pages * PAGE_SIZE, size);
  }

  private int opened(MemorySegment name, int flags) throws LinuxCallException {
    try {
      while (true) {
        int opened = (int) OPEN.invokeExact(state, name, flags);
        if (opened >= 0) {
          return opened;
        }
        if (errno() != EINTR) {
          throw failed();
        }
      }
    } catch (Throwable e) {
      throw rethrown(e);
    }
  }

  /**
   * Returns the name as Linux has it. A path's text has lost what the locale cannot express; its
   * URI has every byte.
   */
  private MemorySegment name(Path file) {
    String uri = file.toUri().getRawPath();
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(uri.length() + 1);
    for (int i = 0; i < uri.length(); i++) {
      if (uri.charAt(i) == '%') {
        bytes.write(Integer.parseInt(uri, i + 1, i + 3, 16));
        i += 2;
      } else {
        bytes.write(uri.charAt(i));
      }
    }
    bytes.write(0);
    return arena.allocateFrom(ValueLayout.JAVA_BYTE, bytes.toByteArray());
  }

  private int errno() {
    return (int) ERRNO.get(state, 0L);
  }

  private LinuxCallException failed() throws Throwable {
    MemorySegment meaning = (MemorySegment) STRERROR.invokeExact(errno());
    return new LinuxCallException(
        path, errno(), meaning.reinterpret(Long.MAX_VALUE).getString(0, StandardCharsets.UTF_8));
  }

  private static long pageSize() {
    try {
      return (int)
          LINKER
              .downcallHandle(
                  LINKER.defaultLookup().findOrThrow("getpagesize"),
                  FunctionDescriptor.of(ValueLayout.JAVA_INT))
              .invokeExact();
    } catch (Throwable e) {
      throw uncallable(e);
    }
  }

  private static LinuxCallException rethrown(Throwable failure) {
    if (failure instanceof LinuxCallException known) {
      return known;
    }
    throw uncallable(failure);
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
