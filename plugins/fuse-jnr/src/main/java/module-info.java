// SPDX-License-Identifier: Apache-2.0
import org.jspecify.annotations.NullMarked;

/** Talks to the Linux kernel through libfuse 2 and jnr-fuse. */
@NullMarked
module io.sluicefs.fuse.jnr {
  requires static com.google.errorprone.annotations;
  requires static org.jspecify;
  requires io.sluicefs.spi;
}
