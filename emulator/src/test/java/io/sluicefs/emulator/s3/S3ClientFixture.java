// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.emulator.s3;

import io.sluicefs.emulator.Emulator;
import java.net.URI;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3ClientBuilder;

/** The AWS SDK as its users configure it for an endpoint of their own. */
final class S3ClientFixture {
  static final AwsCredentialsProvider CREDENTIALS =
      StaticCredentialsProvider.create(AwsBasicCredentials.create("emulator", "emulator-secret"));

  private S3ClientFixture() {}

  static S3Client client(Emulator emulator) {
    return builder(emulator.s3Endpoint()).build();
  }

  static S3ClientBuilder builder(URI endpoint) {
    return S3Client.builder()
        .endpointOverride(endpoint)
        .region(Region.US_EAST_1)
        .credentialsProvider(CREDENTIALS)
        .forcePathStyle(true);
  }
}
