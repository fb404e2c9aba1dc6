// SPDX-License-Identifier: Apache-2.0
import org.jspecify.annotations.NullMarked;

/** Plans read-ahead for files read in order. */
@NullMarked
module io.sluicefs.prefetch.sequential {
  requires static com.google.errorprone.annotations;
  requires static org.jspecify;
  requires io.sluicefs.spi;
}
