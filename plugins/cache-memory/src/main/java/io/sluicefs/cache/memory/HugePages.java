// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cache.memory;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * Asks Linux for huge pages where it gives them to who asks: one fault then brings 2 MiB instead of
 * 4 KiB. Where it gives them to all, or to none, nothing changes.
 */
@SuppressWarnings("restricted") // the module's manifest asks for native access
final class HugePages {
  /** Source: asm-generic/mman-common.h. */
  private static final int MADV_HUGEPAGE = 14;

  private static final MethodHandle MADVISE =
      Linker.nativeLinker()
          .downcallHandle(
              Linker.nativeLinker().defaultLookup().findOrThrow("madvise"),
              FunctionDescriptor.of(
                  ValueLayout.JAVA_INT,
                  ValueLayout.JAVA_LONG,
                  ValueLayout.JAVA_LONG,
                  ValueLayout.JAVA_INT));

  private HugePages() {}

  /**
   * Asks for a range of memory.
   *
   * @param address of a page
   */
  static void advise(long address, long bytes) {
    try {
      // It is advice: a Linux without huge pages answers EINVAL.
      int _ = (int) MADVISE.invokeExact(address, bytes, MADV_HUGEPAGE);
    } catch (Throwable e) {
      throw new IllegalStateException("madvise cannot be called", e);
    }
  }
}
