// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.memory;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * Memory straight from Linux: it costs nothing until it is touched, and is Linux's again as soon as
 * it is freed. An arena of Java's would clear it first, and stop all threads to free it.
 */
@SuppressWarnings("restricted") // the launcher enables native access for the kernel
public final class AnonymousMemory {
  // Source: asm-generic/mman-common.h.
  private static final int PROT_READ_WRITE = 0x1 | 0x2;
  private static final int MAP_PRIVATE_ANONYMOUS = 0x02 | 0x20;
  private static final int MAP_POPULATE = 0x8000;
  private static final long MAP_FAILED = -1;

  private static final Linker LINKER = Linker.nativeLinker();
  private static final MethodHandle MMAP =
      LINKER.downcallHandle(
          LINKER.defaultLookup().findOrThrow("mmap"),
          FunctionDescriptor.of(
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_LONG));
  private static final MethodHandle MUNMAP =
      LINKER.downcallHandle(
          LINKER.defaultLookup().findOrThrow("munmap"),
          FunctionDescriptor.of(
              ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG));

  private AnonymousMemory() {}

  /**
   * Allocates memory of zeros, accessible from any thread until {@link #free}, which the caller
   * must call once; nothing checks accesses after that.
   *
   * @param bytes a multiple of the page size
   * @throws OutOfMemoryError if Linux has none
   */
  public static MemorySegment allocate(long bytes) {
    return map(bytes, MAP_PRIVATE_ANONYMOUS);
  }

  /**
   * Allocates memory as {@link #allocate} does that will be touched throughout: Linux then provides
   * it in one go, in two thirds of the time its faults would take.
   */
  public static MemorySegment allocatePopulated(long bytes) {
    return map(bytes, MAP_PRIVATE_ANONYMOUS | MAP_POPULATE);
  }

  private static MemorySegment map(long bytes, int flags) {
    long address;
    try {
      address = (long) MMAP.invokeExact(0L, bytes, PROT_READ_WRITE, flags, -1, 0L);
    } catch (Throwable e) {
      throw new IllegalStateException("mmap cannot be called", e);
    }
    if (address == MAP_FAILED) {
      throw new OutOfMemoryError("Linux has no " + bytes + " bytes of memory");
    }
    return MemorySegment.ofAddress(address).reinterpret(bytes);
  }

  /** Frees what {@link #allocate} returned. */
  public static void free(MemorySegment memory) {
    int result;
    try {
      result = (int) MUNMAP.invokeExact(memory.address(), memory.byteSize());
    } catch (Throwable e) {
      throw new IllegalStateException("munmap cannot be called", e);
    }
    if (result != 0) {
      throw new IllegalArgumentException("not allocated memory: " + memory);
    }
  }
}
