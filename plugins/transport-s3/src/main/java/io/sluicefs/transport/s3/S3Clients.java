// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.transport.s3;

import java.io.InputStream;
import java.net.URI;
import software.amazon.awssdk.awscore.retry.AwsRetryStrategy;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.checksums.ResponseChecksumValidation;
import software.amazon.awssdk.core.client.config.SdkAdvancedClientOption;
import software.amazon.awssdk.profiles.ProfileFile;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.LegacyMd5Plugin;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3ClientBuilder;
import software.amazon.awssdk.services.s3.S3Configuration;
import software.amazon.awssdk.services.s3.S3Utilities;

/** Makes the SDK's client for control requests. */
final class S3Clients {
  /** A page of 1000 keys of 1024 bytes, percent-encoded, with all that comes with a key. */
  static final int MAX_CONTROL_ANSWER = 16 << 20;

  private static final ProfileFile NO_PROFILES =
      ProfileFile.builder()
          .content(InputStream.nullInputStream())
          .type(ProfileFile.Type.CONFIGURATION)
          .build();

  private S3Clients() {}

  static S3Client create(
      S3TransportConfig config, ControlAuthentication authentication, ControlHttpClient http) {
    S3ClientBuilder builder =
        S3Client.builder()
            .region(Region.of(config.region()))
            .credentialsProvider(authentication)
            .putAuthScheme(authentication)
            .forcePathStyle(config.pathStyle())
            .disableS3ExpressSessionAuth(true)
            // A batch of deletions has to have a checksum; every store knows this one.
            .addPlugin(LegacyMd5Plugin.create())
            // Older compatible stores refuse the trailers newer checksums travel in.
            .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
            .responseChecksumValidation(ResponseChecksumValidation.WHEN_REQUIRED)
            .httpClient(http)
            .overrideConfiguration(
                override ->
                    override
                        // The one of the host, which is not asked for anything, may have keys.
                        .defaultProfileFile(NO_PROFILES)
                        // The kernel retries.
                        .retryStrategy(AwsRetryStrategy.doNotRetry())
                        .putAdvancedOption(
                            SdkAdvancedClientOption.USER_AGENT_SUFFIX, config.userAgent()));
    URI endpoint = config.endpoint();
    if (endpoint != null) {
      builder.endpointOverride(endpoint);
    }
    return builder.build();
  }

  /** Returns the bucket as the SDK's endpoint rules place it. */
  static S3Bucket bucket(S3TransportConfig config) {
    String probe = "x";
    S3Utilities.Builder utilities =
        S3Utilities.builder()
            .region(Region.of(config.region()))
            .s3Configuration(
                S3Configuration.builder().pathStyleAccessEnabled(config.pathStyle()).build());
    URI endpoint = config.endpoint();
    if (endpoint != null) {
      utilities.endpoint(endpoint);
    }
    URI url =
        URI.create(
            utilities
                .build()
                .getUrl(get -> get.bucket(config.bucket()).key(probe))
                .toExternalForm());
    return S3Bucket.of(config.bucket(), config.region(), url, probe);
  }
}
