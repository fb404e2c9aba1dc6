// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cli;

import com.google.errorprone.annotations.MustBeClosed;
import io.sluicefs.kernel.config.MetricsSettings;
import io.sluicefs.kernel.mount.MountFigures;
import io.sluicefs.metrics.MetricsServer;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.InetSocketAddress;
import java.util.Optional;

/** Where the figures of a mount are to be had, if anywhere. */
final class OwnedMetrics implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(OwnedMetrics.class.getName());

  private final Optional<MetricsServer> server;

  private OwnedMetrics(Optional<MetricsServer> server) {
    this.server = server;
  }

  /**
   * Listens where the configuration says. Where any port would do, nobody waits for this one: then
   * a host without loopback, such as a new network namespace, is mounted on all the same.
   */
  @MustBeClosed
  @SuppressWarnings("MustBeClosedChecker") // what is returned owns it
  static OwnedMetrics open(MetricsSettings settings, MountFigures figures) throws IOException {
    if (settings.listen().isEmpty()) {
      return new OwnedMetrics(Optional.empty());
    }
    InetSocketAddress address = settings.listen().get();
    try {
      return new OwnedMetrics(Optional.of(MetricsServer.open(address, figures)));
    } catch (IOException e) {
      if (address.getPort() != 0) {
        throw e;
      }
      LOG.log(Level.WARNING, "no metrics: {0}", e.getMessage());
      return new OwnedMetrics(Optional.empty());
    }
  }

  /** Returns where the page is. */
  Optional<String> url() {
    return server.map(MetricsServer::url);
  }

  @Override
  public void close() {
    server.ifPresent(MetricsServer::close);
  }
}
