// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.emulator.s3;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.sluicefs.emulator.Emulator;
import io.sluicefs.emulator.EmulatorOptions;
import io.sluicefs.emulator.PlainHttp;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.auth.credentials.AnonymousCredentialsProvider;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.async.AsyncRequestBody;
import software.amazon.awssdk.core.async.AsyncResponseTransformer;
import software.amazon.awssdk.http.apache5.Apache5HttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3AsyncClient;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3ClientBuilder;
import software.amazon.awssdk.services.s3.S3Configuration;
import software.amazon.awssdk.services.s3.model.S3Exception;
import software.amazon.awssdk.services.s3.presigner.S3Presigner;

class S3AccessTest {
  private Emulator emulator;

  @BeforeEach
  void start() throws IOException {
    emulator = Emulator.start(EmulatorOptions.defaults());
    emulator.store().createBucket("bucket");
    emulator.store().put("bucket", "a/b c", "content".getBytes(StandardCharsets.US_ASCII));
  }

  @AfterEach
  void stop() {
    emulator.close();
  }

  private String refusal(S3ClientBuilder builder) {
    try (S3Client client = builder.build()) {
      S3Exception refused =
          assertThrows(
              S3Exception.class,
              () -> client.getObjectAsBytes(r -> r.bucket("bucket").key("a/b c")));
      return refused.awsErrorDetails().errorCode();
    }
  }

  private S3ClientBuilder builder() {
    return S3ClientFixture.builder(emulator.s3Endpoint());
  }

  @Test
  void wrongIdentitiesAreToldApart() {
    assertEquals(
        "SignatureDoesNotMatch",
        refusal(
            builder()
                .credentialsProvider(
                    StaticCredentialsProvider.create(
                        AwsBasicCredentials.create("emulator", "wrong")))));
    assertEquals(
        "InvalidAccessKeyId",
        refusal(
            builder()
                .credentialsProvider(
                    StaticCredentialsProvider.create(
                        AwsBasicCredentials.create("nobody", "wrong")))));
    assertEquals(
        "AccessDenied",
        refusal(builder().credentialsProvider(AnonymousCredentialsProvider.create())));
    assertEquals("AuthorizationHeaderMalformed", refusal(builder().region(Region.EU_WEST_1)));
  }

  @Test
  void anybodyReadsWhereNobodyNeedsAKey() throws IOException {
    try (Emulator open = Emulator.start(EmulatorOptions.defaults().withAnonymousAccess());
        S3Client client =
            S3ClientFixture.builder(open.s3Endpoint())
                .credentialsProvider(AnonymousCredentialsProvider.create())
                .build()) {
      open.store().createBucket("bucket");
      open.store().put("bucket", "a", new byte[3]);
      assertEquals(
          3, client.getObjectAsBytes(r -> r.bucket("bucket").key("a")).asByteArray().length);
    }
  }

  @Test
  void aBucketIsNamedByTheHostToo() {
    URI endpoint = URI.create("http://s3.localhost.localdomain:" + emulator.s3Endpoint().getPort());
    try (S3Client client =
        builder()
            .endpointOverride(endpoint)
            .forcePathStyle(false)
            .httpClientBuilder(Apache5HttpClient.builder().dnsResolver(new LoopbackResolver()))
            .build()) {
      assertEquals(
          "content", client.getObjectAsBytes(r -> r.bucket("bucket").key("a/b c")).asUtf8String());
      assertEquals(1, client.listObjectsV2(r -> r.bucket("bucket")).contents().size());
      assertEquals(1, client.listBuckets().buckets().size());
    }
  }

  @Test
  void aPresignedAddressNeedsNoHeader() throws Exception {
    try (S3Presigner presigner =
        S3Presigner.builder()
            .endpointOverride(emulator.s3Endpoint())
            .region(Region.US_EAST_1)
            .credentialsProvider(S3ClientFixture.CREDENTIALS)
            .serviceConfiguration(S3Configuration.builder().pathStyleAccessEnabled(true).build())
            .build()) {
      URI address =
          presigner
              .presignGetObject(
                  r ->
                      r.signatureDuration(Duration.ofMinutes(5))
                          .getObjectRequest(g -> g.bucket("bucket").key("a/b c")))
              .url()
              .toURI();
      assertEquals("content", PlainHttp.send("GET", address).body());
      URI forged = URI.create(address.toString().replace("b%20c", "other"));
      assertEquals(403, PlainHttp.send("GET", forged).status());
    }
  }

  @Test
  void theAsynchronousClientWritesAndReads() {
    byte[] content = new byte[3_000_000];
    try (S3AsyncClient client =
        S3AsyncClient.builder()
            .endpointOverride(emulator.s3Endpoint())
            .region(Region.US_EAST_1)
            .credentialsProvider(S3ClientFixture.CREDENTIALS)
            .forcePathStyle(true)
            .build()) {
      client
          .putObject(r -> r.bucket("bucket").key("async"), AsyncRequestBody.fromBytes(content))
          .join();
      assertArrayEquals(
          content,
          client
              .getObject(r -> r.bucket("bucket").key("async"), AsyncResponseTransformer.toBytes())
              .join()
              .asByteArray());
    }
  }
}
