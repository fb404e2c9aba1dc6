// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.metrics;

import com.google.errorprone.annotations.MustBeClosed;
import com.google.errorprone.annotations.concurrent.GuardedBy;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.sluicefs.kernel.control.Json;
import io.sluicefs.kernel.mount.MountFigures;
import io.sluicefs.kernel.mount.MountReport;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/**
 * Serves the figures of a mount: {@code /metrics} for Prometheus, {@code /} for a browser and
 * {@code /stats.json} for the page there. What costs anything is made when it is first asked for,
 * so that a mount nobody looks at starts without it.
 */
public final class MetricsServer implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(MetricsServer.class.getName());
  private static final String METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8";

  /** What the page may do: run what is in it, and ask where it is from. */
  private static final String PAGE_POLICY =
      "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; connect-src"
          + " 'self'; img-src data:; frame-ancestors 'none'";

  private final MountFigures figures;
  private final MountReport report;
  private final HttpServer server;
  private final ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor();

  @GuardedBy("this")
  private @Nullable Exposition exposition;

  private MetricsServer(MountFigures figures, MountReport report, HttpServer server) {
    this.figures = figures;
    this.report = report;
    this.server = server;
  }

  /**
   * Listens.
   *
   * @param address where; port 0 for any free one
   * @param figures of the mount, used until this is closed
   * @param report the same for the page
   * @throws IOException if nothing can listen there; the message is one line for a person
   */
  @MustBeClosed
  public static MetricsServer open(
      InetSocketAddress address, MountFigures figures, MountReport report) throws IOException {
    HttpServer http;
    try {
      http = HttpServer.create(address, 0);
    } catch (IOException e) {
      throw new IOException(
          "metrics.prometheus.listen: cannot listen at %s:%d: %s; choose another port, or off"
              .formatted(address.getHostString(), address.getPort(), e.getMessage()),
          e);
    }
    MetricsServer metrics = new MetricsServer(figures, report, http);
    http.setExecutor(metrics.executor);
    http.createContext("/", metrics::serve);
    http.start();
    return metrics;
  }

  /** Returns where the page is. */
  public String url() {
    InetSocketAddress address = server.getAddress();
    String host = address.getAddress().getHostAddress();
    return "http://%s:%d/"
        .formatted(host.contains(":") ? "[" + host + "]" : host, address.getPort());
  }

  private void serve(HttpExchange exchange) throws IOException {
    try (exchange) {
      if (!exchange.getRequestMethod().equals("GET")) {
        send(exchange, 405, "text/plain", "only GET\n");
      } else if (!isForThisHost(exchange)) {
        send(exchange, 403, "text/plain", "asked for by another name than this host's\n");
      } else {
        switch (exchange.getRequestURI().getPath()) {
          case "/metrics" -> send(exchange, 200, METRICS_TYPE, exposition().text());
          case "/stats.json" ->
              send(exchange, 200, "application/json", Json.text(report.stats("")));
          case "/" -> {
            exchange.getResponseHeaders().set("Content-Security-Policy", PAGE_POLICY);
            send(exchange, 200, "text/html; charset=utf-8", page());
          }
          default -> send(exchange, 404, "text/plain", "there is /, /metrics and /stats.json\n");
        }
      }
    } catch (RuntimeException e) {
      LOG.log(System.Logger.Level.WARNING, "cannot answer " + exchange.getRequestURI(), e);
      throw e;
    }
  }

  /**
   * Returns whether whoever listens on loopback is called by a name of loopback: another name is a
   * page of somebody else's in a browser of this host.
   */
  private boolean isForThisHost(HttpExchange exchange) {
    if (!server.getAddress().getAddress().isLoopbackAddress()) {
      return true;
    }
    String host = Objects.requireNonNullElse(exchange.getRequestHeaders().getFirst("Host"), "");
    return host.matches("(localhost|127\\.[0-9.]+|\\[::1\\])(:[0-9]+)?");
  }

  private synchronized Exposition exposition() {
    if (exposition == null) {
      exposition = new Exposition(figures);
    }
    return exposition;
  }

  private static String page() throws IOException {
    try (InputStream page =
        Objects.requireNonNull(MetricsServer.class.getResourceAsStream("status.html"))) {
      return new String(page.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private static void send(HttpExchange exchange, int status, String type, String text)
      throws IOException {
    byte[] body = text.getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("Content-Type", type);
    exchange.getResponseHeaders().set("Cache-Control", "no-store");
    exchange.getResponseHeaders().set("X-Content-Type-Options", "nosniff");
    exchange.sendResponseHeaders(status, body.length);
    exchange.getResponseBody().write(body);
  }

  /** Stops listening; what is being answered breaks off. Idempotent. */
  @Override
  public void close() {
    server.stop(0);
    executor.shutdownNow();
  }
}
