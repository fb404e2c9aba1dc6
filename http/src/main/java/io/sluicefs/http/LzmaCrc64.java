// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.http;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Random;
import java.util.function.ToLongBiFunction;
import org.jspecify.annotations.Nullable;

/**
 * CRC-64/XZ by the host's liblzma, which from version 5.4 on uses the processor's carry-less
 * multiplication. Nothing depends on it: it is there if the host has it, it computes what the
 * tables do, and it is faster. Thread-safe.
 *
 * <p>Source of the signature: {@code lzma/check.h}.
 */
final class LzmaCrc64 {
  private static final Logger LOG = System.getLogger(LzmaCrc64.class.getName());

  /** The name of its binary interface, the same since 5.0. */
  private static final String LIBRARY = "liblzma.so.5";

  /**
   * Bytes a nanosecond that are more than tables come to, in Java or in an older liblzma; with
   * carry-less multiplication it is twice as many.
   */
  private static final double FASTER_THAN_TABLES = 4;

  private static final int TRIAL_BYTES = 256 << 10;
  private static final int TRIALS = 16;

  private final MethodHandle crc64;

  private LzmaCrc64(MethodHandle crc64) {
    this.crc64 = crc64;
  }

  /**
   * Returns the library's function if it is worth calling.
   *
   * @param known computes the same
   * @return null if the host has none, it is not faster, or anything at all is wrong with it
   */
  static @Nullable LzmaCrc64 find(ToLongBiFunction<Long, MemorySegment> known) {
    String reason;
    try {
      if (!LzmaCrc64.class.getModule().isNativeAccessEnabled()) {
        reason = "native access is not enabled";
      } else {
        LzmaCrc64 found = new LzmaCrc64(link());
        reason = found.fault(known);
        if (reason == null) {
          LOG.log(Level.DEBUG, "CRC-64 by {0}", LIBRARY);
          return found;
        }
      }
    } catch (IllegalArgumentException | IllegalStateException | UnsupportedOperationException e) {
      reason = String.valueOf(e.getMessage());
    }
    LOG.log(Level.DEBUG, "CRC-64 by tables: {0}: {1}", LIBRARY, reason);
    return null;
  }

  @SuppressWarnings("restricted") // looked at before
  private static MethodHandle link() {
    MemorySegment function =
        SymbolLookup.libraryLookup(LIBRARY, Arena.global())
            .find("lzma_crc64")
            .orElseThrow(() -> new IllegalArgumentException("has no lzma_crc64"));
    // uint64_t lzma_crc64(const uint8_t *buf, size_t size, uint64_t crc)
    return Linker.nativeLinker()
        .downcallHandle(
            function,
            FunctionDescriptor.of(
                ValueLayout.JAVA_LONG,
                ValueLayout.ADDRESS,
                ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_LONG));
  }

  /** Returns why not to use it; null if nothing is wrong. */
  private @Nullable String fault(ToLongBiFunction<Long, MemorySegment> known) {
    try (Arena arena = Arena.ofConfined()) {
      byte[] random = new byte[TRIAL_BYTES];
      new Random(1).nextBytes(random);
      MemorySegment bytes = arena.allocate(TRIAL_BYTES);
      MemorySegment.copy(random, 0, bytes, ValueLayout.JAVA_BYTE, 0, TRIAL_BYTES);
      // Folding treats heads and tails by themselves: every alignment, with tails of every length.
      for (int offset = 0; offset < 16; offset++) {
        for (int length = offset; length < 300; length += 17) {
          MemorySegment part = bytes.asSlice(offset, length);
          if (update(offset, part) != known.applyAsLong((long) offset, part)) {
            return "computes something else";
          }
        }
      }
      long least = Long.MAX_VALUE;
      for (int i = 0; i < TRIALS; i++) {
        long begin = System.nanoTime();
        long _ = update(0, bytes);
        least = Math.min(least, System.nanoTime() - begin);
      }
      double speed = (double) TRIAL_BYTES / Math.max(1, least);
      return speed < FASTER_THAN_TABLES
          ? "%.1f GB/s are no more than tables do".formatted(speed)
          : null;
    }
  }

  /** Returns the CRC of what {@code crc} is of, followed by bytes in native memory. */
  long update(long crc, MemorySegment bytes) {
    try {
      return (long) crc64.invokeExact(bytes, bytes.byteSize(), crc);
    } catch (Throwable e) {
      throw new IllegalStateException("lzma_crc64 cannot be called", e);
    }
  }
}
