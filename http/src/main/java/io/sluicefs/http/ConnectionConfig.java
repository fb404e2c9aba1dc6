// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.http;

import io.sluicefs.spi.PluginSettings;
import io.sluicefs.spi.Setting;
import io.sluicefs.spi.SettingException;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * How a store is connected to: the settings that every transport over HTTP has.
 *
 * @param certificates whose certificates are trusted for https
 * @param connectTimeout longest wait for a connection
 * @param requestTimeout longest wait for the whole answer to a request without a body, and for the
 *     answer to one with a body after that is sent
 * @param noProgressTimeout longest wait for more of an answer, or to send more of a body
 * @param copyTimeout longest wait for the store to copy an object or a range of one
 * @param completionTimeout longest wait for the store to join the parts of an object
 * @param maxIdleConnections most connections kept open for bodies while none uses them
 */
public record ConnectionConfig(
    TrustedCertificates certificates,
    Duration connectTimeout,
    Duration requestTimeout,
    Duration noProgressTimeout,
    Duration copyTimeout,
    Duration completionTimeout,
    int maxIdleConnections) {
  private static final Setting<Boolean> ALLOW_HTTP =
      Setting.flag(
              "allow-http",
              "Accept an http endpoint beyond this machine: keys and data then travel unencrypted.")
          .withDefault("false");
  private static final Setting<Path> CA_CERTIFICATE =
      Setting.path(
          "ca-certificate",
          "PEM file of certificate authorities to trust besides those of the Java runtime.");
  private static final Setting<Duration> CONNECT_TIMEOUT =
      timeout("connect-timeout", "Longest wait for a connection.").withDefault("5s");
  private static final Setting<Duration> REQUEST_TIMEOUT =
      timeout(
              "request-timeout",
              "Longest wait for the whole answer to a request without a body, and for the answer to"
                  + " one with a body after that is sent.")
          .withDefault("15s");
  private static final Setting<Duration> NO_PROGRESS_TIMEOUT =
      timeout(
              "no-progress-timeout",
              "Longest wait for more of an answer, or to send more of a body, before the connection"
                  + " is given up.")
          .withDefault("15s");
  private static final Setting<Duration> COPY_TIMEOUT =
      timeout(
              "copy-timeout",
              "Longest wait for the store to copy an object, or a range of one; at most 512 MiB are"
                  + " copied in one request.")
          .withDefault("20s");
  private static final Setting<Duration> COMPLETION_TIMEOUT =
      timeout(
              "completion-timeout",
              "Longest wait for the store to join the parts of an object; it must not be silent for"
                  + " longer than the request-timeout.")
          .withDefault("5m");
  private static final Setting<Integer> MAX_IDLE_CONNECTIONS =
      Setting.integer(
              "max-idle-connections",
              0,
              10_000,
              "Most connections kept open for reads and uploads while none uses them.")
          .withDefault("64");

  /** The settings this is read from. */
  public static final List<Setting<?>> SETTINGS =
      List.of(
          ALLOW_HTTP,
          CA_CERTIFICATE,
          CONNECT_TIMEOUT,
          REQUEST_TIMEOUT,
          NO_PROGRESS_TIMEOUT,
          COPY_TIMEOUT,
          COMPLETION_TIMEOUT,
          MAX_IDLE_CONNECTIONS);

  /** Reads the settings. */
  public static ConnectionConfig of(PluginSettings settings) throws SettingException {
    return new ConnectionConfig(
        certificates(settings),
        settings.get(CONNECT_TIMEOUT),
        settings.get(REQUEST_TIMEOUT),
        settings.get(NO_PROGRESS_TIMEOUT),
        settings.get(COPY_TIMEOUT),
        settings.get(COMPLETION_TIMEOUT),
        settings.get(MAX_IDLE_CONNECTIONS));
  }

  /**
   * Makes the setting that says where a store listens; https unless its value says http.
   *
   * @param example a value such as it takes
   */
  public static Setting<URI> endpoint(String example, String description) {
    return Setting.of(
        "endpoint",
        "a host or URL without a path, such as " + example,
        description,
        ConnectionConfig::parseEndpoint);
  }

  /**
   * Checks that an endpoint is encrypted, on this machine, or allowed to be neither.
   *
   * @param setting the one that gave it
   */
  public static void checkEncryption(
      PluginSettings settings, Setting<URI> setting, Endpoint endpoint) throws SettingException {
    if (!endpoint.tls() && !endpoint.isLoopback() && !settings.get(ALLOW_HTTP)) {
      throw settings.error(
          setting, "plain http is not encrypted; use https, or set allow-http = true beside it");
    }
  }

  /** Returns what a reader of the store's objects is made with. */
  public RangeReaderOptions readerOptions(String userAgent) {
    return RangeReaderOptions.DEFAULTS
        .withTimeouts(connectTimeout, noProgressTimeout)
        .withIdleConnections(maxIdleConnections, RangeReaderOptions.DEFAULTS.idleTimeout())
        .withCertificates(certificates)
        .withUserAgent(userAgent);
  }

  private static TrustedCertificates certificates(PluginSettings settings) throws SettingException {
    Optional<Path> file = settings.find(CA_CERTIFICATE);
    if (file.isEmpty()) {
      return TrustedCertificates.system();
    }
    try {
      return TrustedCertificates.systemAnd(file.get());
    } catch (IOException e) {
      throw settings.error(CA_CERTIFICATE, "cannot be used: " + e);
    }
  }

  private static URI parseEndpoint(String text) {
    URI url = URI.create(text.contains("://") ? text : "https://" + text);
    Endpoint.of(url);
    boolean isBare =
        (url.getRawPath().isEmpty() || url.getRawPath().equals("/"))
            && url.getRawQuery() == null
            && url.getRawFragment() == null
            && url.getRawUserInfo() == null;
    if (!isBare) {
      throw new IllegalArgumentException("more than scheme, host and port");
    }
    return url;
  }

  private static Setting<Duration> timeout(String name, String description) {
    Setting<Duration> duration = Setting.duration(name, description);
    return Setting.of(
        name,
        duration.expected() + ", more than zero",
        description,
        text -> {
          Duration value = duration.parse(text);
          if (value.isZero()) {
            throw new IllegalArgumentException("zero");
          }
          return value;
        });
  }
}
