// SPDX-License-Identifier: Apache-2.0
import org.jspecify.annotations.NullMarked;

/**
 * What a plugin author tests with: one abstract contract suite an axis, fakes, and leak checkers
 * that record the stack of every acquire.
 */
@NullMarked
module io.sluicefs.spi.testkit {
  requires static com.google.errorprone.annotations;
  requires static org.jspecify;
  requires transitive io.sluicefs.spi;
  requires transitive org.junit.jupiter.api;
  requires transitive org.junit.jupiter.params;

  exports io.sluicefs.spi.testkit.cache;
  exports io.sluicefs.spi.testkit.fuse;
  exports io.sluicefs.spi.testkit.prefetch;
  exports io.sluicefs.spi.testkit.read;
  exports io.sluicefs.spi.testkit.transport;
  exports io.sluicefs.spi.testkit;

  // The tests are package-private, as tests are.
  opens io.sluicefs.spi.testkit.cache to
      org.junit.platform.commons;
  opens io.sluicefs.spi.testkit.fuse to
      org.junit.platform.commons;
  opens io.sluicefs.spi.testkit.prefetch to
      org.junit.platform.commons;
  opens io.sluicefs.spi.testkit.read to
      org.junit.platform.commons;
  opens io.sluicefs.spi.testkit.transport to
      org.junit.platform.commons;
}
