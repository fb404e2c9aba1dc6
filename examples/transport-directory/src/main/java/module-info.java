// SPDX-License-Identifier: Apache-2.0
import io.sluicefs.spi.transport.TransportProvider;
import org.example.sluice.transport.directory.DirectoryTransportProvider;

/** Reads a directory of this host as a bucket: {@code transport.directory}. */
module org.example.sluice.transport.directory {
  requires io.sluicefs.spi;

  provides TransportProvider with
      DirectoryTransportProvider;
}
