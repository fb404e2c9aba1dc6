// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.emulator.s3;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluicefs.emulator.Emulator;
import io.sluicefs.emulator.EmulatorOptions;
import io.sluicefs.emulator.RequestKind;
import io.sluicefs.emulator.StoredObject;
import io.sluicefs.emulator.store.Digests;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.zip.CRC32;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.Bucket;
import software.amazon.awssdk.services.s3.model.ChecksumAlgorithm;
import software.amazon.awssdk.services.s3.model.ChecksumMode;
import software.amazon.awssdk.services.s3.model.ChecksumType;
import software.amazon.awssdk.services.s3.model.CompleteMultipartUploadResponse;
import software.amazon.awssdk.services.s3.model.CompletedPart;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;
import software.amazon.awssdk.services.s3.model.MetadataDirective;
import software.amazon.awssdk.services.s3.model.MultipartUpload;
import software.amazon.awssdk.services.s3.model.NoSuchUploadException;
import software.amazon.awssdk.services.s3.model.ObjectIdentifier;
import software.amazon.awssdk.services.s3.model.PutObjectResponse;
import software.amazon.awssdk.services.s3.model.S3Exception;
import software.amazon.awssdk.services.s3.model.Tag;
import software.amazon.awssdk.services.s3.model.UploadPartResponse;

class S3WriteTest {
  private static final byte[] CONTENT =
      "some bytes of an object".getBytes(StandardCharsets.US_ASCII);

  private Emulator emulator;
  private S3Client client;

  @BeforeEach
  void start() throws IOException {
    emulator = Emulator.start(EmulatorOptions.defaults());
    client = S3ClientFixture.client(emulator);
    client.createBucket(r -> r.bucket("bucket"));
  }

  @AfterEach
  void stop() {
    client.close();
    emulator.close();
  }

  private PutObjectResponse put(String key, byte[] content) {
    return client.putObject(r -> r.bucket("bucket").key(key), RequestBody.fromBytes(content));
  }

  private static byte[] random(int size) {
    byte[] bytes = new byte[size];
    new Random(size).nextBytes(bytes);
    return bytes;
  }

  @Test
  void anObjectIsStoredWithWhatItsClientSaysOfIt() throws IOException {
    PutObjectResponse put =
        client.putObject(
            r ->
                r.bucket("bucket")
                    .key("a")
                    .contentType("text/plain")
                    .cacheControl("no-store")
                    .metadata(Map.of("Name", "Value", "other", "x y"))
                    .tagging("k=v&l=w%20x"),
            RequestBody.fromBytes(CONTENT));
    String md5 = HexFormat.of().formatHex(Digests.md5().digest(CONTENT));
    assertEquals("\"" + md5 + "\"", put.eTag());
    assertArrayEquals(CONTENT, emulator.store().bytes("bucket", "a"));
    HeadObjectResponse head = client.headObject(r -> r.bucket("bucket").key("a"));
    assertEquals("text/plain", head.contentType());
    assertEquals("no-store", head.cacheControl());
    assertEquals(Map.of("Name", "Value", "other", "x y"), head.metadata());
    assertEquals(
        List.of("k=v", "l=w x"),
        client.getObjectTagging(r -> r.bucket("bucket").key("a")).tagSet().stream()
            .map(tag -> tag.key() + "=" + tag.value())
            .sorted()
            .toList());
    client.putObjectTagging(
        r ->
            r.bucket("bucket")
                .key("a")
                .tagging(t -> t.tagSet(Tag.builder().key("n").value("m").build())));
    assertEquals(Map.of("n", "m"), emulator.store().get("bucket", "a").orElseThrow().tags());
    client.deleteObjectTagging(r -> r.bucket("bucket").key("a"));
    assertEquals(Map.of(), emulator.store().get("bucket", "a").orElseThrow().tags());
  }

  @Test
  void aLargeBodyArrivesWhole() throws IOException {
    byte[] content = random(30_000_001);
    put("large", content);
    assertArrayEquals(content, emulator.store().bytes("bucket", "large"));
    assertEquals(content.length, emulator.counters().snapshot().bytesIn());
    assertArrayEquals(
        content, client.getObjectAsBytes(r -> r.bucket("bucket").key("large")).asByteArray());
  }

  @ParameterizedTest
  @EnumSource(
      value = ChecksumAlgorithm.class,
      names = {"CRC32", "CRC32_C", "SHA1", "SHA256"})
  void aChecksumIsVerifiedStoredAndEchoed(ChecksumAlgorithm algorithm) {
    client.putObject(
        r -> r.bucket("bucket").key("sum").checksumAlgorithm(algorithm),
        RequestBody.fromBytes(CONTENT));
    HeadObjectResponse head =
        client.headObject(r -> r.bucket("bucket").key("sum").checksumMode(ChecksumMode.ENABLED));
    assertEquals(
        1,
        Arrays.asList(
                head.checksumCRC32(),
                head.checksumCRC32C(),
                head.checksumSHA1(),
                head.checksumSHA256())
            .stream()
            .filter(Objects::nonNull)
            .count());
    GetObjectResponse got =
        client
            .getObjectAsBytes(r -> r.bucket("bucket").key("sum").checksumMode(ChecksumMode.ENABLED))
            .response();
    assertEquals(ChecksumType.FULL_OBJECT, got.checksumType());
  }

  @Test
  void aWrongChecksumIsRefused() {
    S3Exception crc =
        assertThrows(
            S3Exception.class,
            () ->
                client.putObject(
                    r -> r.bucket("bucket").key("a").checksumCRC64NVME("AAAAAAAAAAA="),
                    RequestBody.fromBytes(CONTENT)));
    assertEquals("BadDigest", crc.awsErrorDetails().errorCode());
    S3Exception md5 =
        assertThrows(
            S3Exception.class,
            () ->
                client.putObject(
                    r -> r.bucket("bucket").key("a").contentMD5("AAAAAAAAAAAAAAAAAAAAAA=="),
                    RequestBody.fromBytes(CONTENT)));
    assertEquals("BadDigest", md5.awsErrorDetails().errorCode());
    assertEquals(List.of(), emulator.store().keys("bucket"));
  }

  @Test
  void crc64NvmeIsTheOneOfItsSpecification() {
    // The check value of CRC-64/NVME is ae8b14860a799888.
    String check = Base64.getEncoder().encodeToString(HexFormat.of().parseHex("ae8b14860a799888"));
    client.putObject(
        r -> r.bucket("bucket").key("a").checksumCRC64NVME(check),
        RequestBody.fromString("123456789"));
    HeadObjectResponse head =
        client.headObject(r -> r.bucket("bucket").key("a").checksumMode(ChecksumMode.ENABLED));
    assertEquals(check, head.checksumCRC64NVME());
  }

  @Test
  void aConditionalWriteKeepsWhatIsThere() throws IOException {
    String etag = put("a", CONTENT).eTag();
    S3Exception exists =
        assertThrows(
            S3Exception.class,
            () ->
                client.putObject(
                    r -> r.bucket("bucket").key("a").ifNoneMatch("*"),
                    RequestBody.fromString("other")));
    assertEquals(412, exists.statusCode());
    S3Exception changed =
        assertThrows(
            S3Exception.class,
            () ->
                client.putObject(
                    r -> r.bucket("bucket").key("a").ifMatch("\"other\""),
                    RequestBody.fromString("other")));
    assertEquals(412, changed.statusCode());
    assertArrayEquals(CONTENT, emulator.store().bytes("bucket", "a"));
    client.putObject(
        r -> r.bucket("bucket").key("a").ifMatch(etag), RequestBody.fromString("other"));
    assertEquals(
        "other", new String(emulator.store().bytes("bucket", "a"), StandardCharsets.US_ASCII));
  }

  @Test
  void anObjectIsCopiedWithOrWithoutItsMetadata() throws IOException {
    client.putObject(
        r -> r.bucket("bucket").key("a b/ü").metadata(Map.of("k", "v")),
        RequestBody.fromBytes(CONTENT));
    client.createBucket(r -> r.bucket("other"));
    String etag =
        client
            .copyObject(
                r ->
                    r.sourceBucket("bucket")
                        .sourceKey("a b/ü")
                        .destinationBucket("other")
                        .destinationKey("c"))
            .copyObjectResult()
            .eTag();
    assertEquals(etag, client.headObject(r -> r.bucket("other").key("c")).eTag());
    assertArrayEquals(CONTENT, emulator.store().bytes("other", "c"));
    assertEquals(Map.of("k", "v"), emulator.store().get("other", "c").orElseThrow().metadata());
    client.copyObject(
        r ->
            r.sourceBucket("other")
                .sourceKey("c")
                .destinationBucket("other")
                .destinationKey("c")
                .metadataDirective(MetadataDirective.REPLACE)
                .metadata(Map.of("n", "w")));
    assertEquals(Map.of("n", "w"), emulator.store().get("other", "c").orElseThrow().metadata());
    S3Exception failed =
        assertThrows(
            S3Exception.class,
            () ->
                client.copyObject(
                    r ->
                        r.sourceBucket("other")
                            .sourceKey("c")
                            .copySourceIfMatch("\"none\"")
                            .destinationBucket("other")
                            .destinationKey("d")));
    assertEquals(412, failed.statusCode());
    assertEquals(3, emulator.counters().snapshot().requests(RequestKind.COPY));
  }

  @Test
  void objectsAreDeletedOneByOneAndInBatches() {
    for (String key : List.of("a", "b", "c<&>")) {
      put(key, CONTENT);
    }
    client.deleteObject(r -> r.bucket("bucket").key("a"));
    client.deleteObject(r -> r.bucket("bucket").key("a"));
    assertEquals(
        2,
        client
            .deleteObjects(
                r ->
                    r.bucket("bucket")
                        .delete(
                            d ->
                                d.objects(
                                    ObjectIdentifier.builder().key("b").build(),
                                    ObjectIdentifier.builder().key("c<&>").build())))
            .deleted()
            .size());
    assertEquals(List.of(), emulator.store().keys("bucket"));
    client.deleteBucket(r -> r.bucket("bucket"));
    assertEquals(List.of(), client.listBuckets().buckets().stream().map(Bucket::name).toList());
  }

  @Test
  void aBucketThatHasObjectsIsKept() {
    put("a", CONTENT);
    S3Exception refused =
        assertThrows(S3Exception.class, () -> client.deleteBucket(r -> r.bucket("bucket")));
    assertEquals("BucketNotEmpty", refused.awsErrorDetails().errorCode());
    client.headBucket(r -> r.bucket("bucket"));
    assertEquals(
        "", client.getBucketLocation(r -> r.bucket("bucket")).locationConstraintAsString());
  }

  private CompletedPart part(
      String key, String id, int number, byte[] content, ChecksumAlgorithm algorithm) {
    UploadPartResponse part =
        client.uploadPart(
            r ->
                r.bucket("bucket")
                    .key(key)
                    .uploadId(id)
                    .partNumber(number)
                    .checksumAlgorithm(algorithm),
            RequestBody.fromBytes(content));
    return CompletedPart.builder()
        .partNumber(number)
        .eTag(part.eTag())
        .checksumCRC32(part.checksumCRC32())
        .checksumCRC64NVME(part.checksumCRC64NVME())
        .build();
  }

  @Test
  void partsBecomeAnObject() throws IOException {
    byte[] whole = random(12_000_000);
    String id =
        client
            .createMultipartUpload(
                r ->
                    r.bucket("bucket")
                        .key("m")
                        .contentType("text/x")
                        .checksumAlgorithm(ChecksumAlgorithm.CRC32))
            .uploadId();
    List<CompletedPart> parts = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      byte[] content =
          Arrays.copyOfRange(whole, i * 5_500_000, Math.min(whole.length, (i + 1) * 5_500_000));
      parts.add(part("m", id, i + 1, content, ChecksumAlgorithm.CRC32));
    }
    assertEquals(3, client.listParts(r -> r.bucket("bucket").key("m").uploadId(id)).parts().size());
    assertEquals(
        List.of(id),
        client.listMultipartUploads(r -> r.bucket("bucket")).uploads().stream()
            .map(MultipartUpload::uploadId)
            .toList());
    CompleteMultipartUploadResponse completed =
        client.completeMultipartUpload(
            r -> r.bucket("bucket").key("m").uploadId(id).multipartUpload(u -> u.parts(parts)));
    assertTrue(completed.eTag().endsWith("-3\""));
    assertTrue(completed.checksumCRC32().endsWith("-3"));
    assertArrayEquals(
        whole, client.getObjectAsBytes(r -> r.bucket("bucket").key("m")).asByteArray());
    assertEquals("text/x", client.headObject(r -> r.bucket("bucket").key("m")).contentType());
    assertThrows(
        NoSuchUploadException.class,
        () -> client.listParts(r -> r.bucket("bucket").key("m").uploadId(id)));
  }

  @Test
  void theChecksumOfAWholeComesFromItsParts() {
    byte[] whole = random(11_000_000);
    String id =
        client
            .createMultipartUpload(
                r ->
                    r.bucket("bucket")
                        .key("m")
                        .checksumType(ChecksumType.FULL_OBJECT)
                        .checksumAlgorithm(ChecksumAlgorithm.CRC32))
            .uploadId();
    List<CompletedPart> parts =
        List.of(
            part("m", id, 1, Arrays.copyOf(whole, 6_000_000), ChecksumAlgorithm.CRC32),
            part(
                "m",
                id,
                2,
                Arrays.copyOfRange(whole, 6_000_000, whole.length),
                ChecksumAlgorithm.CRC32));
    String sum =
        client
            .completeMultipartUpload(
                r -> r.bucket("bucket").key("m").uploadId(id).multipartUpload(u -> u.parts(parts)))
            .checksumCRC32();
    CRC32 crc = new CRC32();
    crc.update(whole);
    assertEquals(
        crc.getValue(),
        Long.parseLong(HexFormat.of().formatHex(Base64.getDecoder().decode(sum)), 16));
    client.getObjectAsBytes(r -> r.bucket("bucket").key("m").checksumMode(ChecksumMode.ENABLED));
  }

  @Test
  void partsAreCopiedFromObjects() throws IOException {
    StoredObject source = emulator.store().putSynthetic("bucket", "s", 1L << 40, 3);
    String id = client.createMultipartUpload(r -> r.bucket("bucket").key("m")).uploadId();
    String etag =
        client
            .uploadPartCopy(
                r ->
                    r.sourceBucket("bucket")
                        .sourceKey("s")
                        .copySourceRange("bytes=1000-10000999")
                        .copySourceIfMatch(source.etag())
                        .destinationBucket("bucket")
                        .destinationKey("m")
                        .uploadId(id)
                        .partNumber(1))
            .copyPartResult()
            .eTag();
    client.completeMultipartUpload(
        r ->
            r.bucket("bucket")
                .key("m")
                .uploadId(id)
                .multipartUpload(
                    u -> u.parts(CompletedPart.builder().partNumber(1).eTag(etag).build())));
    assertArrayEquals(
        emulator.store().bytes("bucket", "s", 1000, 10_000_000),
        emulator.store().bytes("bucket", "m"));
  }

  @Test
  void badCompletionsAreRefusedAndTheUploadStays() {
    String id = client.createMultipartUpload(r -> r.bucket("bucket").key("m")).uploadId();
    CompletedPart one = part("m", id, 1, new byte[100], ChecksumAlgorithm.CRC32);
    CompletedPart two = part("m", id, 2, new byte[100], ChecksumAlgorithm.CRC32);
    assertEquals("EntityTooSmall", codeOfCompletion(id, one, two));
    assertEquals("InvalidPartOrder", codeOfCompletion(id, two, one));
    assertEquals("InvalidPart", codeOfCompletion(id, one.toBuilder().eTag("x").build()));
    assertEquals(List.of(), emulator.store().keys("bucket"));
    client.abortMultipartUpload(r -> r.bucket("bucket").key("m").uploadId(id));
    assertEquals("NoSuchUpload", codeOfCompletion(id, one));
  }

  private String codeOfCompletion(String id, CompletedPart... parts) {
    S3Exception refused =
        assertThrows(
            S3Exception.class,
            () ->
                client.completeMultipartUpload(
                    r ->
                        r.bucket("bucket")
                            .key("m")
                            .uploadId(id)
                            .multipartUpload(u -> u.parts(parts))));
    return refused.awsErrorDetails().errorCode();
  }
}
