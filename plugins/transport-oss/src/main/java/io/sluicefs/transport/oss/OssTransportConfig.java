// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.transport.oss;

import com.aliyun.oss.common.comm.SignVersion;
import com.aliyun.oss.internal.OSSUtils;
import io.sluicefs.http.Endpoint;
import io.sluicefs.http.TrustedCertificates;
import io.sluicefs.spi.PluginSettings;
import io.sluicefs.spi.Setting;
import io.sluicefs.spi.SettingException;
import io.sluicefs.transport.oss.OssEndpoint.Addressing;
import java.io.IOException;
import java.lang.module.ModuleDescriptor;
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
 * @param endpoint where it is
 * @param signature version of the signature
 * @param region what a V4 signature names; null for V1
 * @param certificates whose certificates are trusted for https
 * @param connectTimeout longest wait for a connection
 * @param requestTimeout longest wait for the whole answer to a request without a body, and for that
 *     to one with a body after it is sent
 * @param noProgressTimeout longest wait for more of an answer, or to send more of a body
 * @param maxIdleConnections most connections kept open for reads and uploads while none uses them
 * @param completionTimeout longest wait for a copy or for parts to be joined
 * @param verifyUploads whether the store's checksums are compared with what was sent
 */
record OssTransportConfig(
    OssEndpoint endpoint,
    SignVersion signature,
    @Nullable String region,
    TrustedCertificates certificates,
    Duration connectTimeout,
    Duration requestTimeout,
    Duration noProgressTimeout,
    int maxIdleConnections,
    Duration completionTimeout,
    boolean verifyUploads) {
  /** Which version of the signature to use. */
  enum Signature {
    /** V4 if the region is set, else V1. */
    AUTO,
    /** HMAC-SHA1, needs no region. */
    V1,
    /** HMAC-SHA256, needs the region. */
    V4
  }

  static final Setting<URI> ENDPOINT =
      Setting.of(
              "endpoint",
              "a host or URL without a path, such as oss-cn-hangzhou-internal.aliyuncs.com",
              "Where OSS listens; https unless the URL says http.",
              OssTransportConfig::parseEndpoint)
          .required();
  static final Setting<String> BUCKET = Setting.string("bucket", "Name of the bucket.").required();
  static final Setting<String> REGION =
      Setting.of(
          "region",
          "a region such as cn-hangzhou",
          "The bucket's region, named by signature V4; without it requests are signed V1.",
          text -> matching(text, "[a-z0-9]+(-[a-z0-9]+)*"));
  static final Setting<Signature> SIGNATURE =
      Setting.choice(
              "signature",
              Signature.class,
              "Version of the signature; auto is V4 if the region is set, else V1.")
          .withDefault("auto");
  static final Setting<Boolean> PATH_STYLE =
      Setting.flag(
          "path-style",
          "Put the bucket in front of the key instead of in front of the host's name; without this"
              + " setting that is done where the host is an IP address or localhost.");
  static final Setting<Boolean> CNAME =
      Setting.flag("cname", "The endpoint is a domain name bound to the bucket.")
          .withDefault("false");
  static final Setting<Boolean> ALLOW_HTTP =
      Setting.flag(
              "allow-http",
              "Accept an http endpoint beyond this machine: keys and data then travel unencrypted.")
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
              "Longest wait for the whole answer to a request without a body, and for the answer to"
                  + " one with a body after that is sent.")
          .withDefault("30s");
  static final Setting<Duration> NO_PROGRESS_TIMEOUT =
      timeout(
              "no-progress-timeout",
              "Longest wait for more of an answer, or to send more of a body, before the connection is"
                  + " given up.")
          .withDefault("15s");
  static final Setting<Integer> MAX_IDLE_CONNECTIONS =
      Setting.integer(
              "max-idle-connections",
              0,
              10_000,
              "Most connections kept open for reads and uploads while none uses them.")
          .withDefault("64");

  static final Setting<Duration> COMPLETION_TIMEOUT =
      timeout("completion-timeout", "Longest wait for OSS to copy an object or to join its parts.")
          .withDefault("5m");
  static final Setting<Boolean> VERIFY_UPLOADS =
      Setting.flag(
              "verify-uploads",
              "Compute the CRC-64 of what is sent and compare it with the store's.")
          .withDefault("true");

  private static final Pattern LOOPBACK =
      Pattern.compile("(.*\\.)?localhost|127(\\.\\d{1,3}){3}|::1|0:0:0:0:0:0:0:1");
  private static final Pattern ADDRESS =
      Pattern.compile("localhost|\\d{1,3}(\\.\\d{1,3}){3}|.*:.*");

  /** Every setting of the transport. */
  static final List<Setting<?>> SETTINGS =
      Stream.concat(
              Stream.<Setting<?>>of(
                  ENDPOINT,
                  BUCKET,
                  REGION,
                  SIGNATURE,
                  PATH_STYLE,
                  CNAME,
                  ALLOW_HTTP,
                  CA_CERTIFICATE,
                  CONNECT_TIMEOUT,
                  REQUEST_TIMEOUT,
                  NO_PROGRESS_TIMEOUT,
                  MAX_IDLE_CONNECTIONS,
                  COMPLETION_TIMEOUT,
                  VERIFY_UPLOADS),
              OssCredentialsConfig.SETTINGS.stream())
          .toList();

  /** Reads the settings. */
  static OssTransportConfig of(PluginSettings settings) throws SettingException {
    Optional<String> region = settings.find(REGION);
    return new OssTransportConfig(
        endpoint(settings),
        signature(settings, region.isPresent()),
        region.orElse(null),
        certificates(settings),
        settings.get(CONNECT_TIMEOUT),
        settings.get(REQUEST_TIMEOUT),
        settings.get(NO_PROGRESS_TIMEOUT),
        settings.get(MAX_IDLE_CONNECTIONS),
        settings.get(COMPLETION_TIMEOUT),
        settings.get(VERIFY_UPLOADS));
  }

  /** Returns what requests call the client. */
  String userAgent() {
    ModuleDescriptor module = OssTransportConfig.class.getModule().getDescriptor();
    return module == null ? "sluice" : module.rawVersion().map("sluice/"::concat).orElse("sluice");
  }

  private static OssEndpoint endpoint(PluginSettings settings) throws SettingException {
    Endpoint endpoint = Endpoint.of(settings.get(ENDPOINT));
    if (!endpoint.tls()
        && !settings.get(ALLOW_HTTP)
        && !LOOPBACK.matcher(endpoint.host()).matches()) {
      throw settings.error(
          ENDPOINT,
          "plain http is not encrypted; use https or set transport.oss.allow-http = true");
    }
    String bucket = settings.get(BUCKET);
    if (!OSSUtils.validateBucketName(bucket)) {
      throw settings.error(
          BUCKET, "expected 3 to 63 lower-case letters, digits and hyphens, as OSS names buckets");
    }
    return new OssEndpoint(endpoint, bucket, addressing(settings, endpoint));
  }

  private static Addressing addressing(PluginSettings settings, Endpoint endpoint)
      throws SettingException {
    boolean cname = settings.get(CNAME);
    boolean isAddress = ADDRESS.matcher(endpoint.host()).matches();
    boolean pathStyle = settings.find(PATH_STYLE).orElse(isAddress && !cname);
    if (cname && pathStyle) {
      throw settings.error(CNAME, "not possible together with path-style = true");
    }
    if (isAddress && !cname && !pathStyle && !endpoint.host().equals("localhost")) {
      throw settings.error(
          PATH_STYLE, "has to be true, as no name can stand before " + endpoint.host());
    }
    return cname ? Addressing.CNAME : pathStyle ? Addressing.PATH : Addressing.VIRTUAL_HOST;
  }

  private static SignVersion signature(PluginSettings settings, boolean hasRegion)
      throws SettingException {
    Signature signature = settings.get(SIGNATURE);
    if (signature == Signature.V4 && !hasRegion) {
      throw settings.error(SIGNATURE, "v4 needs transport.oss.region");
    }
    return signature == Signature.V4 || (signature == Signature.AUTO && hasRegion)
        ? SignVersion.V4
        : SignVersion.V1;
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
