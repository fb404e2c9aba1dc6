// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.transport.s3;

import io.sluicefs.spi.testkit.transport.TransportContract;
import io.sluicefs.spi.transport.TransportProvider;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;

/** Against a server that is not ours, so that we are not our own only judge. */
class S3TransportS3MockTest extends TransportContract {
  private static final String BUCKET = "contract";

  @TempDir static Path folder;

  @SuppressWarnings("NullAway.Init") // set before all tests
  private static S3MockServer server;

  @SuppressWarnings("NullAway.Init") // set before all tests
  private static S3Client client;

  @BeforeAll
  static void start() throws Exception {
    server = S3MockServer.start(folder);
    client =
        S3Client.builder()
            .endpointOverride(server.endpoint())
            .region(Region.US_EAST_1)
            .forcePathStyle(true)
            .credentialsProvider(
                StaticCredentialsProvider.create(AwsBasicCredentials.create("any", "any")))
            .httpClientBuilder(UrlConnectionHttpClient.builder())
            .build();
    client.createBucket(create -> create.bucket(BUCKET));
  }

  @AfterAll
  static void stop() {
    client.close();
    server.close();
  }

  @Override
  protected TransportProvider provider() {
    return new S3TransportProvider();
  }

  @Override
  protected Map<String, String> settings() {
    return Map.of(
        "endpoint",
        server.endpoint().toString(),
        "bucket",
        BUCKET,
        "access-key-id",
        "any",
        "access-key-secret",
        "any secret");
  }

  @Override
  protected void store(String key, byte[] content) {
    client.putObject(put -> put.bucket(BUCKET).key(key), RequestBody.fromBytes(content));
  }

  @Override
  protected void remove(String key) {
    client.deleteObject(delete -> delete.bucket(BUCKET).key(key));
  }

  @Override
  protected @Nullable String refusal(String key) {
    return key.contains("\\") ? "S3Mock's web server refuses a backslash" : null;
  }

  @Override
  protected String flawOfSmallPages() {
    return "S3Mock does not count common prefixes as entries of a page";
  }

  @Override
  protected String flawOfCreateOnly() {
    return "S3Mock checks If-None-Match and stores in two steps, so that several may win";
  }
}
