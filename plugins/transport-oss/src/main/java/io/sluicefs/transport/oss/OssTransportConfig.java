// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.transport.oss;

import com.aliyun.oss.common.comm.SignVersion;
import com.aliyun.oss.internal.OSSUtils;
import io.sluicefs.http.ConnectionConfig;
import io.sluicefs.http.Endpoint;
import io.sluicefs.spi.PluginSettings;
import io.sluicefs.spi.Setting;
import io.sluicefs.spi.SettingException;
import io.sluicefs.transport.oss.OssEndpoint.Addressing;
import java.lang.module.ModuleDescriptor;
import java.net.URI;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * How a bucket is reached.
 *
 * @param endpoint where it is
 * @param signature version of the signature
 * @param region what a V4 signature names; null for V1
 * @param connection how it is connected to
 * @param verifyUploads whether the store's checksums are compared with what was sent
 * @param verifyReads whether those of objects read by one request are compared with what came
 */
record OssTransportConfig(
    OssEndpoint endpoint,
    SignVersion signature,
    @Nullable String region,
    boolean verifyUploads,
    boolean verifyReads,
    ConnectionConfig connection) {
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
      ConnectionConfig.endpoint(
              "oss-cn-hangzhou-internal.aliyuncs.com",
              "Where OSS listens; https unless the URL says http.")
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

  static final Setting<Boolean> VERIFY_UPLOADS =
      Setting.flag(
              "verify-uploads",
              "Compute the CRC-64 of what is sent and compare it with the store's, and send the MD5 of"
                  + " a body that is an object at once, so that the store takes no other.")
          .withDefault("true");

  /** Every setting of the transport. */
  static final List<Setting<?>> SETTINGS =
      Stream.of(
              List.<Setting<?>>of(
                  ENDPOINT, BUCKET, REGION, SIGNATURE, PATH_STYLE, CNAME, VERIFY_UPLOADS),
              ConnectionConfig.SETTINGS,
              OssCredentialsConfig.SETTINGS)
          .<Setting<?>>flatMap(List::stream)
          .toList();

  /**
   * Reads the settings.
   *
   * @param verifyReads what the mount wants
   */
  static OssTransportConfig of(PluginSettings settings, boolean verifyReads)
      throws SettingException {
    Optional<String> region = settings.find(REGION);
    return new OssTransportConfig(
        endpoint(settings),
        signature(settings, region.isPresent()),
        region.orElse(null),
        settings.get(VERIFY_UPLOADS),
        verifyReads,
        ConnectionConfig.of(settings));
  }

  /** Returns what requests call the client. */
  String userAgent() {
    ModuleDescriptor module = OssTransportConfig.class.getModule().getDescriptor();
    return module == null ? "sluice" : module.rawVersion().map("sluice/"::concat).orElse("sluice");
  }

  private static OssEndpoint endpoint(PluginSettings settings) throws SettingException {
    Endpoint endpoint = Endpoint.of(settings.get(ENDPOINT));
    ConnectionConfig.checkEncryption(settings, ENDPOINT, endpoint);
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
    boolean isAddress = endpoint.isAddress();
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

  private static String matching(String text, String pattern) {
    if (!text.matches(pattern)) {
      throw new IllegalArgumentException("does not match " + pattern);
    }
    return text;
  }
}
