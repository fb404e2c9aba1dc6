// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.transport.s3;

import io.sluicefs.http.Endpoint;
import io.sluicefs.http.TrustedCertificates;
import io.sluicefs.spi.PluginSettings;
import io.sluicefs.spi.Setting;
import io.sluicefs.spi.SettingException;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * How a bucket is reached.
 *
 * @param endpoint where the store listens; null for AWS
 * @param region the bucket's region
 * @param bucket the bucket's name
 * @param pathStyle whether the bucket is named in the path instead of in the host's name
 * @param certificates whose certificates are trusted for https
 * @param connectTimeout longest wait for a connection
 * @param requestTimeout longest wait for the whole answer to a request without a body, and for the
 *     answer to one with a body after that is sent
 * @param noProgressTimeout longest wait for more of an answer, or to send more of a body
 * @param completionTimeout longest wait for the store to copy an object or to join its parts
 * @param uploadChecksum what is sent with bodies
 * @param maxIdleConnections most connections kept open for bodies while none uses them
 */
record S3TransportConfig(
    @Nullable URI endpoint,
    String region,
    String bucket,
    boolean pathStyle,
    TrustedCertificates certificates,
    Duration connectTimeout,
    Duration requestTimeout,
    Duration noProgressTimeout,
    Duration completionTimeout,
    UploadChecksum uploadChecksum,
    int maxIdleConnections) {
  static final Setting<String> BUCKET =
      Setting.of(
              "bucket",
              "a bucket's name: letters, digits, dots, hyphens, underscores",
              "Name of the bucket.",
              text -> matching(text, "[A-Za-z0-9][A-Za-z0-9._-]{1,253}"))
          .required();
  static final Setting<URI> ENDPOINT =
      Setting.of(
          "endpoint",
          "a host or URL without a path, such as https://storage.example.com:9000",
          "Where the store listens, https unless the URL says http; AWS in the region if not set.",
          S3TransportConfig::parseEndpoint);
  static final Setting<String> REGION =
      Setting.of(
          "region",
          "a region such as eu-central-1",
          "Region of the bucket; if not set, that of the environment, the profile or the instance,"
              + " or us-east-1 if an endpoint is set.",
          text -> matching(text, "[A-Za-z0-9][A-Za-z0-9-]*"));
  static final Setting<Boolean> PATH_STYLE =
      Setting.flag(
          "path-style",
          "Put the bucket in front of the key instead of in front of the host's name; without this"
              + " setting that is done where the endpoint is an IP address or localhost, or the"
              + " bucket's name has a dot.");
  static final Setting<Boolean> ALLOW_HTTP =
      Setting.flag(
              "allow-http",
              "Accept an http endpoint beyond this machine: data then travels unencrypted.")
          .withDefault("false");
  static final Setting<Path> CA_CERTIFICATE =
      Setting.path(
          "ca-certificate",
          "PEM file of certificate authorities to trust besides those of the Java runtime.");
  static final Setting<Duration> CONNECT_TIMEOUT =
      timeout("connect-timeout", "Longest wait for a connection.").withDefault("5s");
  static final Setting<Duration> REQUEST_TIMEOUT =
      timeout(
              "request-timeout",
              "Longest wait for the whole answer to a request without a body, and for the answer to one"
                  + " with a body after that is sent.")
          .withDefault("30s");
  static final Setting<Duration> NO_PROGRESS_TIMEOUT =
      timeout(
              "no-progress-timeout",
              "Longest wait for more of an answer, or to send more of a body, before the connection is"
                  + " given up.")
          .withDefault("15s");
  static final Setting<Duration> COMPLETION_TIMEOUT =
      timeout(
              "completion-timeout",
              "Longest wait for the store to copy an object or to join its parts.")
          .withDefault("5m");
  static final Setting<UploadChecksum> UPLOAD_CHECKSUM =
      Setting.choice(
              "upload-checksum",
              UploadChecksum.class,
              "Checksum the store compares uploads with; none for stores that refuse it.")
          .withDefault("crc32c");
  static final Setting<Integer> MAX_IDLE_CONNECTIONS =
      Setting.integer(
              "max-idle-connections",
              0,
              10_000,
              "Most connections kept open for bodies while none uses them.")
          .withDefault("64");

  private static final Pattern LOOPBACK =
      Pattern.compile("(.*\\.)?localhost|127(\\.\\d{1,3}){3}|::1|0:0:0:0:0:0:0:1");
  private static final Pattern ADDRESS =
      Pattern.compile("localhost|\\d{1,3}(\\.\\d{1,3}){3}|.*:.*");

  /** Every setting of the transport. */
  static final List<Setting<?>> SETTINGS =
      Stream.concat(
              Stream.<Setting<?>>of(
                  BUCKET,
                  ENDPOINT,
                  REGION,
                  PATH_STYLE,
                  ALLOW_HTTP,
                  CA_CERTIFICATE,
                  CONNECT_TIMEOUT,
                  REQUEST_TIMEOUT,
                  NO_PROGRESS_TIMEOUT,
                  COMPLETION_TIMEOUT,
                  UPLOAD_CHECKSUM,
                  MAX_IDLE_CONNECTIONS),
              S3Credentials.SETTINGS.stream())
          .toList();

  /** Reads the settings; the region may be asked of the instance. */
  static S3TransportConfig of(PluginSettings settings) throws SettingException {
    URI endpoint = endpoint(settings);
    String bucket = settings.get(BUCKET);
    return new S3TransportConfig(
        endpoint,
        S3Region.of(settings, endpoint != null),
        bucket,
        pathStyle(settings, endpoint, bucket),
        certificates(settings),
        settings.get(CONNECT_TIMEOUT),
        settings.get(REQUEST_TIMEOUT),
        settings.get(NO_PROGRESS_TIMEOUT),
        settings.get(COMPLETION_TIMEOUT),
        settings.get(UPLOAD_CHECKSUM),
        settings.get(MAX_IDLE_CONNECTIONS));
  }

  /** Returns what requests call the client. */
  String userAgent() {
    String version = S3TransportConfig.class.getPackage().getImplementationVersion();
    return version == null ? "sluice" : "sluice/" + version;
  }

  private static @Nullable URI endpoint(PluginSettings settings) throws SettingException {
    Optional<URI> endpoint = settings.find(ENDPOINT);
    if (endpoint.isEmpty()) {
      return null;
    }
    Endpoint server = Endpoint.of(endpoint.get());
    if (!server.tls() && !settings.get(ALLOW_HTTP) && !LOOPBACK.matcher(server.host()).matches()) {
      throw settings.error(
          ENDPOINT, "plain http is not encrypted; use https or set transport.s3.allow-http = true");
    }
    return endpoint.get();
  }

  private static boolean pathStyle(PluginSettings settings, @Nullable URI endpoint, String bucket)
      throws SettingException {
    boolean isAddress = endpoint != null && ADDRESS.matcher(Endpoint.of(endpoint).host()).matches();
    Optional<Boolean> asked = settings.find(PATH_STYLE);
    if (asked.isEmpty()) {
      return isAddress || bucket.indexOf('.') >= 0;
    }
    if (endpoint != null && !asked.get() && isNumeric(Endpoint.of(endpoint).host())) {
      throw settings.error(PATH_STYLE, "has to be true, as no name can stand before an IP address");
    }
    return asked.get();
  }

  private static boolean isNumeric(String host) {
    return !host.equals("localhost") && ADDRESS.matcher(host).matches();
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

  private static String matching(String text, String pattern) {
    if (!text.matches(pattern)) {
      throw new IllegalArgumentException("does not match " + pattern);
    }
    return text;
  }
}
