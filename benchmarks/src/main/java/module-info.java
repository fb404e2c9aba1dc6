// SPDX-License-Identifier: Apache-2.0
import org.jspecify.annotations.NullMarked;

/** Measurements; not published. */
@NullMarked
module io.sluicefs.benchmarks {
  requires static com.google.errorprone.annotations;
  requires static org.jspecify;
  requires io.sluicefs.emulator;
  requires io.sluicefs.http;
  requires io.sluicefs.spi;
  requires jdk.management;

  uses io.sluicefs.spi.fuse.FuseChannelProvider;
  uses io.sluicefs.spi.transport.TransportProvider;
}
