// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.distribution;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.metrics.v1.Metric;
import io.opentelemetry.proto.metrics.v1.ResourceMetrics;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;

/** Takes OTLP over HTTP as a collector of OpenTelemetry does, and remembers what came last. */
final class MetricsCollector implements AutoCloseable {
  private final HttpServer server;
  private final Map<String, Metric> metrics = new ConcurrentHashMap<>();
  private final Map<String, String> resource = new ConcurrentHashMap<>();
  private volatile String key = "";

  private MetricsCollector(HttpServer server) {
    this.server = server;
  }

  static MetricsCollector start() throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    MetricsCollector collector = new MetricsCollector(server);
    server.createContext("/v1/metrics", collector::take);
    server.start();
    return collector;
  }

  String url() {
    return "http://127.0.0.1:%d/v1/metrics".formatted(server.getAddress().getPort());
  }

  private void take(HttpExchange exchange) throws IOException {
    try (exchange) {
      key = String.valueOf(exchange.getRequestHeaders().getFirst("X-Key"));
      ExportMetricsServiceRequest request =
          ExportMetricsServiceRequest.parseFrom(exchange.getRequestBody().readAllBytes());
      Map<String, Metric> sent = new HashMap<>();
      for (ResourceMetrics all : request.getResourceMetricsList()) {
        resource.putAll(attributes(all.getResource().getAttributesList()));
        all.getScopeMetricsList()
            .forEach(
                scope ->
                    scope
                        .getMetricsList()
                        .forEach(
                            metric ->
                                sent.merge(metric.getName(), metric, MetricsCollector::merged)));
      }
      metrics.putAll(sent);
      exchange.sendResponseHeaders(200, -1);
    }
  }

  /** One name may come in several pieces, each with some of the labels. */
  private static Metric merged(Metric first, Metric second) {
    return first.toBuilder().mergeFrom(second).build();
  }

  static Map<String, String> attributes(List<KeyValue> attributes) {
    return attributes.stream()
        .collect(
            Collectors.toMap(KeyValue::getKey, attribute -> attribute.getValue().getStringValue()));
  }

  String key() {
    return key;
  }

  Map<String, String> resource() {
    return resource;
  }

  Map<String, Metric> metrics() {
    return metrics;
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
