// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.emulator.s3;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluicefs.emulator.CounterSnapshot;
import io.sluicefs.emulator.Emulator;
import io.sluicefs.emulator.EmulatorOptions;
import io.sluicefs.emulator.RequestKind;
import io.sluicefs.emulator.StoredObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.CommonPrefix;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Response;
import software.amazon.awssdk.services.s3.model.NoSuchBucketException;
import software.amazon.awssdk.services.s3.model.NoSuchKeyException;
import software.amazon.awssdk.services.s3.model.S3Exception;
import software.amazon.awssdk.services.s3.model.S3Object;

class S3ReadTest {
  private Emulator emulator;
  private S3Client client;

  @BeforeEach
  void start() throws IOException {
    emulator = Emulator.start(EmulatorOptions.defaults());
    client = S3ClientFixture.client(emulator);
    emulator.store().createBucket("bucket");
  }

  @AfterEach
  void stop() {
    client.close();
    emulator.close();
  }

  private byte[] get(String key, @Nullable String range) {
    return client.getObjectAsBytes(r -> r.bucket("bucket").key(key).range(range)).asByteArray();
  }

  @Test
  void anObjectIsReadWholeAndInRanges() throws IOException {
    byte[] content = "0123456789".getBytes(StandardCharsets.US_ASCII);
    emulator.store().put("bucket", "dir/a b+c%é", content);
    assertArrayEquals(content, get("dir/a b+c%é", null));
    assertEquals("234", new String(get("dir/a b+c%é", "bytes=2-4"), StandardCharsets.US_ASCII));
    assertEquals("789", new String(get("dir/a b+c%é", "bytes=7-"), StandardCharsets.US_ASCII));
    assertEquals("89", new String(get("dir/a b+c%é", "bytes=-2"), StandardCharsets.US_ASCII));
    assertEquals("9", new String(get("dir/a b+c%é", "bytes=9-100"), StandardCharsets.US_ASCII));
    S3Exception outside = assertThrows(S3Exception.class, () -> get("dir/a b+c%é", "bytes=10-"));
    assertEquals(416, outside.statusCode());
    assertEquals("InvalidRange", outside.awsErrorDetails().errorCode());
  }

  @Test
  void aSyntheticObjectIsTheSameThroughEveryDoor() throws IOException {
    StoredObject object = emulator.store().putSynthetic("bucket", "big", 40_000_001, 7);
    byte[] whole = get("big", null);
    assertArrayEquals(emulator.store().bytes("bucket", "big"), whole);
    assertArrayEquals(
        Arrays.copyOfRange(whole, 8_388_000, 25_000_000), get("big", "bytes=8388000-24999999"));
    HeadObjectResponse head = client.headObject(r -> r.bucket("bucket").key("big"));
    assertEquals(40_000_001, head.contentLength());
    assertEquals("\"" + object.etag() + "\"", head.eTag());
  }

  @Test
  void anObjectOfManyTebibytesIsServed() throws IOException {
    emulator.store().putSynthetic("bucket", "huge", 20L << 40, 1);
    byte[] tail = get("huge", "bytes=-1000");
    assertArrayEquals(emulator.store().bytes("bucket", "huge", (20L << 40) - 1000, 1000), tail);
  }

  @Test
  void requestsAndBytesAreCounted() throws IOException {
    emulator.store().putSynthetic("bucket", "big", 10_000_000, 7);
    emulator.counters().reset();
    get("big", null);
    get("big", "bytes=5-104");
    client.headObject(r -> r.bucket("bucket").key("big"));
    client.listObjectsV2(r -> r.bucket("bucket"));
    assertThrows(NoSuchKeyException.class, () -> get("none", null));
    CounterSnapshot counted = emulator.counters().snapshot();
    assertEquals(10_000_100, counted.bytesOut());
    assertEquals(3, counted.requests(RequestKind.GET));
    assertEquals(1, counted.requests(RequestKind.HEAD));
    assertEquals(1, counted.requests(RequestKind.LIST));
    assertEquals(Map.of(404, 1L), counted.errors());
  }

  @Test
  void conditionsAreHonoured() throws IOException {
    String etag = emulator.store().put("bucket", "a", new byte[5]).etag();
    assertEquals(
        5,
        client
            .getObjectAsBytes(r -> r.bucket("bucket").key("a").ifMatch(etag))
            .asByteArray()
            .length);
    S3Exception failed =
        assertThrows(
            S3Exception.class,
            () -> client.getObjectAsBytes(r -> r.bucket("bucket").key("a").ifMatch("other")));
    assertEquals(412, failed.statusCode());
    S3Exception same =
        assertThrows(
            S3Exception.class,
            () -> client.getObjectAsBytes(r -> r.bucket("bucket").key("a").ifNoneMatch(etag)));
    assertEquals(304, same.statusCode());
  }

  @Test
  void missingThingsAreNamed() {
    assertThrows(
        NoSuchKeyException.class, () -> client.headObject(r -> r.bucket("bucket").key("none")));
    assertThrows(NoSuchBucketException.class, () -> client.listObjectsV2(r -> r.bucket("none")));
  }

  @Test
  void aWrongSecretIsRefused() {
    try (S3Client other =
        S3ClientFixture.builder(emulator.s3Endpoint())
            .credentialsProvider(
                StaticCredentialsProvider.create(AwsBasicCredentials.create("emulator", "wrong")))
            .build()) {
      S3Exception refused = assertThrows(S3Exception.class, () -> other.listBuckets());
      assertEquals("SignatureDoesNotMatch", refused.awsErrorDetails().errorCode());
    }
  }

  @Test
  void aListingIsPagedAndRolledUp() throws IOException {
    for (String key :
        List.of("a", "a/b", "a/c", "b/1", "b/2", "c", "\uFFFD", "\uD83D\uDE00", "z z")) {
      emulator.store().put("bucket", key, new byte[1]);
    }
    List<String> keys =
        client.listObjectsV2Paginator(r -> r.bucket("bucket").maxKeys(2)).contents().stream()
            .map(S3Object::key)
            .toList();
    assertEquals(
        List.of("a", "a/b", "a/c", "b/1", "b/2", "c", "z z", "\uFFFD", "\uD83D\uDE00"), keys);
    ListObjectsV2Response top =
        client.listObjectsV2(r -> r.bucket("bucket").delimiter("/").maxKeys(3));
    assertEquals(List.of("a"), top.contents().stream().map(S3Object::key).toList());
    assertEquals(
        List.of("a/", "b/"), top.commonPrefixes().stream().map(CommonPrefix::prefix).toList());
    assertTrue(top.isTruncated());
    ListObjectsV2Response rest =
        client.listObjectsV2(
            r -> r.bucket("bucket").delimiter("/").continuationToken(top.nextContinuationToken()));
    assertEquals(
        List.of("c", "z z", "\uFFFD", "\uD83D\uDE00"),
        rest.contents().stream().map(S3Object::key).toList());
    assertEquals(4, rest.keyCount());
    assertEquals(
        List.of("b/2"),
        client
            .listObjectsV2(r -> r.bucket("bucket").prefix("b/").startAfter("b/1"))
            .contents()
            .stream()
            .map(S3Object::key)
            .toList());
    assertEquals(9, client.listObjects(r -> r.bucket("bucket")).contents().size());
  }
}
