// SPDX-License-Identifier: Apache-2.0
import org.jspecify.annotations.NullMarked;

/** Measurements; not published. */
@NullMarked
module io.sluicefs.benchmarks {
  requires static com.google.errorprone.annotations;
  requires static org.jspecify;
  // Not where plugins are loaded as a daemon loads them: they bring the HTTP reader.
  requires static io.sluicefs.emulator;
  requires static io.sluicefs.http;
  requires io.sluicefs.kernel;
  requires info.picocli;
  requires io.sluicefs.spi;
  requires java.logging;
  requires java.net.http;
  requires jdk.management;

  // The command line is read into the fields of ComparisonCommand.
  opens io.sluicefs.benchmarks.comparison to
      info.picocli;

  uses io.sluicefs.spi.fuse.FuseChannelProvider;
  uses io.sluicefs.spi.transport.TransportProvider;
}
