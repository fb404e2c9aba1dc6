// SPDX-License-Identifier: Apache-2.0
import org.jspecify.annotations.NullMarked;

/** Keeps blocks in shared, reference-counted memory outside the heap. */
@NullMarked
module io.sluicefs.cache.memory {
  requires static com.google.errorprone.annotations;
  requires static org.jspecify;
  requires io.sluicefs.spi;
}
