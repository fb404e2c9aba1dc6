// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.fuse.jnr;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.sluicefs.spi.fuse.DirectorySink;
import io.sluicefs.spi.fuse.Entry;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;

/**
 * Hands directory entries to libfuse's filler, each with its offset: libfuse then asks for one
 * reply's worth at a time and never holds a whole directory. One a thread.
 */
@SuppressWarnings("restricted") // libfuse is native code
final class DirectoryBuffer implements DirectorySink {
  private static final MethodHandle FILLER =
      Linker.nativeLinker()
          .downcallHandle(FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, ADDRESS, JAVA_LONG));

  private static final int MAX_NAME = 1024;

  /** What libfuse gives an entry without a number; programs take 0 for a removed entry. */
  private static final long UNKNOWN_INODE = 0xffff_ffffL;

  private final MemorySegment stat = Arena.ofAuto().allocate(NativeStructs.STAT_SIZE, 8);
  private final MemorySegment name = Arena.ofAuto().allocate(MAX_NAME + 1L);
  private MemorySegment filler = MemorySegment.NULL;
  private MemorySegment buffer = MemorySegment.NULL;

  /** Directs the entries that follow to a reply. */
  DirectoryBuffer to(long filler, long buffer) {
    this.filler = MemorySegment.ofAddress(filler);
    this.buffer = MemorySegment.ofAddress(buffer);
    return this;
  }

  @Override
  public boolean add(String name, long inode, int type, long nextOffset) {
    byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
    if (bytes.length > MAX_NAME || nextOffset == 0) {
      throw new IllegalArgumentException("no directory entry: '" + name + "' at " + nextOffset);
    }
    NativeMemory.copyIn(bytes, bytes.length, this.name.address());
    NativeMemory.putByte(this.name.address() + bytes.length, (byte) 0);
    NativeStructs.putInodeAndType(stat.address(), inode == 0 ? UNKNOWN_INODE : inode, type);
    try {
      return (int) FILLER.invokeExact(filler, buffer, this.name, stat, nextOffset) == 0;
    } catch (Throwable e) {
      throw LibC.unexpected(e);
    }
  }

  @Override
  public boolean add(String name, Entry entry, long nextOffset) {
    throw new UnsupportedOperationException("libfuse 2 has no readdirplus");
  }
}
