// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cli;

import com.google.errorprone.annotations.MustBeClosed;
import io.sluicefs.kernel.config.MetricsSettings;
import io.sluicefs.kernel.mount.MountFigures;
import io.sluicefs.metrics.MetricsServer;
import java.io.IOException;
import java.util.Optional;

/** Where the figures of a mount are to be had, if anywhere. */
final class OwnedMetrics implements AutoCloseable {
  private final Optional<MetricsServer> server;

  private OwnedMetrics(Optional<MetricsServer> server) {
    this.server = server;
  }

  /** Listens where the configuration says. */
  @MustBeClosed
  @SuppressWarnings("MustBeClosedChecker") // what is returned owns it
  static OwnedMetrics open(MetricsSettings settings, MountFigures figures) throws IOException {
    return new OwnedMetrics(
        settings.listen().isEmpty()
            ? Optional.empty()
            : Optional.of(MetricsServer.open(settings.listen().get(), figures)));
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
