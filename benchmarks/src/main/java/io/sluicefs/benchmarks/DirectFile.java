// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.benchmarks;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import com.google.errorprone.annotations.MustBeClosed;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;

/**
 * A file that is read past the page cache. The channels of the JDK do that only in blocks as large
 * as the file system says its blocks are, which with s3fs is 16 MiB.
 */
@SuppressWarnings("restricted") // the C library is native code
public final class DirectFile implements AutoCloseable {
  // Source: asm-generic/fcntl.h; O_RDONLY is 0.
  private static final int O_DIRECT =
      System.getProperty("os.arch").equals("aarch64") ? 0200000 : 040000;

  private static final Linker LINKER = Linker.nativeLinker();
  private static final MethodHandle OPEN =
      function("open", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT), 2);
  private static final MethodHandle PREAD =
      LINKER.downcallHandle(
          LINKER.defaultLookup().findOrThrow("pread"),
          FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_LONG));

  private static final MethodHandle CLOSE =
      LINKER.downcallHandle(
          LINKER.defaultLookup().findOrThrow("close"), FunctionDescriptor.of(JAVA_INT, JAVA_INT));

  private final Path path;
  private final int descriptor;

  private DirectFile(Path path, int descriptor) {
    this.path = path;
    this.descriptor = descriptor;
  }

  private static MethodHandle function(String name, FunctionDescriptor type, int fixed) {
    return LINKER.downcallHandle(
        LINKER.defaultLookup().findOrThrow(name), type, Linker.Option.firstVariadicArg(fixed));
  }

  /** Opens a file to read. */
  @MustBeClosed
  public static DirectFile open(Path path) throws IOException {
    int descriptor;
    try (Arena arena = Arena.ofConfined()) {
      descriptor = (int) OPEN.invokeExact(arena.allocateFrom(path.toString()), O_DIRECT);
    } catch (Throwable e) {
      throw new IllegalStateException("open cannot be called", e);
    }
    if (descriptor < 0) {
      throw new IOException("cannot open " + path);
    }
    return new DirectFile(path, descriptor);
  }

  /** Fills memory, which begins on a page, from an offset. */
  public void read(MemorySegment target, long offset) throws IOException {
    long count;
    try {
      count = (long) PREAD.invokeExact(descriptor, target, target.byteSize(), offset);
    } catch (Throwable e) {
      throw new IllegalStateException("pread cannot be called", e);
    }
    if (count != target.byteSize()) {
      throw new IOException(
          "read %d of %d bytes of %s at %d".formatted(count, target.byteSize(), path, offset));
    }
  }

  /** Closes it, once. */
  @Override
  public void close() {
    try {
      int _ = (int) CLOSE.invokeExact(descriptor);
    } catch (Throwable e) {
      throw new IllegalStateException("close cannot be called", e);
    }
  }
}
