// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cli;

import com.google.errorprone.annotations.MustBeClosed;
import io.sluicefs.kernel.config.Configuration;
import io.sluicefs.kernel.config.OtlpSettings;
import io.sluicefs.kernel.mount.Mount;
import io.sluicefs.kernel.mount.MountException;
import io.sluicefs.metrics.InstalledExporter;
import io.sluicefs.metrics.MetricsExporter.Sending;
import io.sluicefs.metrics.MetricsServer;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.Optional;

/** Where the figures of a mount are to be had and are sent to, if anywhere. */
final class OwnedMetrics implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(OwnedMetrics.class.getName());
  private static final String EXPORTER = "exporters/otlp";

  private final Optional<MetricsServer> server;
  private final Optional<Sending> sending;

  private OwnedMetrics(Optional<MetricsServer> server, Optional<Sending> sending) {
    this.server = server;
    this.sending = sending;
  }

  /** Listens and sends as the configuration says. */
  @MustBeClosed
  @SuppressWarnings("MustBeClosedChecker") // what is returned owns it
  static OwnedMetrics open(Configuration configuration, Mount mount)
      throws IOException, MountException {
    if (!configuration.metrics().enabled()) {
      return new OwnedMetrics(Optional.empty(), Optional.empty());
    }
    Optional<Sending> sending = send(configuration.otlp(), mount);
    try {
      return new OwnedMetrics(listen(configuration, mount), sending);
    } catch (IOException | RuntimeException e) {
      sending.ifPresent(Sending::close);
      throw e;
    }
  }

  /**
   * Listens. Where any port would do, nobody waits for this one: then a host without loopback, such
   * as a new network namespace, is mounted on all the same.
   */
  @SuppressWarnings("MustBeClosedChecker") // returned
  private static Optional<MetricsServer> listen(Configuration configuration, Mount mount)
      throws IOException {
    Optional<InetSocketAddress> address = configuration.prometheus().listen();
    if (address.isEmpty()) {
      return Optional.empty();
    }
    try {
      return Optional.of(MetricsServer.open(address.get(), mount.figures(), mount.report()));
    } catch (IOException e) {
      if (address.get().getPort() != 0) {
        throw e;
      }
      LOG.log(Level.WARNING, "no metrics: {0}", e.getMessage());
      return Optional.empty();
    }
  }

  private static Optional<Sending> send(OtlpSettings settings, Mount mount)
      throws IOException, MountException {
    if (settings.endpoint().isEmpty()) {
      return Optional.empty();
    }
    URI endpoint = settings.endpoint().get();
    return Optional.of(
        InstalledExporter.load(Home.folder(EXPORTER)).start(endpoint, settings, mount.figures()));
  }

  /** Returns where the page is. */
  Optional<String> url() {
    return server.map(MetricsServer::url);
  }

  @Override
  public void close() {
    server.ifPresent(MetricsServer::close);
    sending.ifPresent(Sending::close);
  }
}
