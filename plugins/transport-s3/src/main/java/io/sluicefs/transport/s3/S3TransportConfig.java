// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.transport.s3;

import io.sluicefs.http.ConnectionConfig;
import io.sluicefs.http.Endpoint;
import io.sluicefs.spi.PluginSettings;
import io.sluicefs.spi.Setting;
import io.sluicefs.spi.SettingException;
import java.net.URI;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * How a bucket is reached.
 *
 * @param endpoint where the store listens; null for AWS
 * @param region the bucket's region
 * @param bucket the bucket's name
 * @param pathStyle whether the bucket is named in the path instead of in the host's name
 * @param uploadChecksum what is sent with bodies
 * @param connection how it is connected to
 */
record S3TransportConfig(
    @Nullable URI endpoint,
    String region,
    String bucket,
    boolean pathStyle,
    UploadChecksum uploadChecksum,
    ConnectionConfig connection) {
  static final Setting<String> BUCKET =
      Setting.of(
              "bucket",
              "a bucket's name: letters, digits, dots, hyphens, underscores",
              "Name of the bucket.",
              text -> matching(text, "[A-Za-z0-9][A-Za-z0-9._-]{1,253}"))
          .required();
  static final Setting<URI> ENDPOINT =
      ConnectionConfig.endpoint(
          "https://storage.example.com:9000",
          "Where the store listens, https unless the URL says http; AWS in the region if not set.");
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
  static final Setting<UploadChecksum> UPLOAD_CHECKSUM =
      Setting.choice(
              "upload-checksum",
              UploadChecksum.class,
              "Checksum the store compares uploads with; none for stores that refuse it.")
          .withDefault("crc32c");

  /** Every setting of the transport. */
  static final List<Setting<?>> SETTINGS =
      Stream.of(
              List.<Setting<?>>of(BUCKET, ENDPOINT, REGION, PATH_STYLE, UPLOAD_CHECKSUM),
              ConnectionConfig.SETTINGS,
              S3Credentials.SETTINGS)
          .<Setting<?>>flatMap(List::stream)
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
        settings.get(UPLOAD_CHECKSUM),
        ConnectionConfig.of(settings));
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
    ConnectionConfig.checkEncryption(settings, ENDPOINT, Endpoint.of(endpoint.get()));
    return endpoint.get();
  }

  private static boolean pathStyle(PluginSettings settings, @Nullable URI endpoint, String bucket)
      throws SettingException {
    boolean isAddress = endpoint != null && Endpoint.of(endpoint).isAddress();
    Optional<Boolean> asked = settings.find(PATH_STYLE);
    if (asked.isEmpty()) {
      return isAddress || bucket.indexOf('.') >= 0;
    }
    if (endpoint != null && !asked.get() && isNumeric(Endpoint.of(endpoint))) {
      throw settings.error(PATH_STYLE, "has to be true, as no name can stand before an IP address");
    }
    return asked.get();
  }

  private static boolean isNumeric(Endpoint endpoint) {
    return !endpoint.host().equals("localhost") && endpoint.isAddress();
  }

  private static String matching(String text, String pattern) {
    if (!text.matches(pattern)) {
      throw new IllegalArgumentException("does not match " + pattern);
    }
    return text;
  }
}
