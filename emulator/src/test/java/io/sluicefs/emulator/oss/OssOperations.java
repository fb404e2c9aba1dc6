// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.emulator.oss;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.aliyun.oss.ClientBuilderConfiguration;
import com.aliyun.oss.OSS;
import com.aliyun.oss.OSSClientBuilder;
import com.aliyun.oss.OSSException;
import com.aliyun.oss.common.auth.DefaultCredentialProvider;
import com.aliyun.oss.common.comm.SignVersion;
import com.aliyun.oss.model.AbortMultipartUploadRequest;
import com.aliyun.oss.model.AppendObjectRequest;
import com.aliyun.oss.model.Bucket;
import com.aliyun.oss.model.CompleteMultipartUploadRequest;
import com.aliyun.oss.model.CopyObjectRequest;
import com.aliyun.oss.model.DeleteObjectsRequest;
import com.aliyun.oss.model.GetObjectRequest;
import com.aliyun.oss.model.InitiateMultipartUploadRequest;
import com.aliyun.oss.model.ListMultipartUploadsRequest;
import com.aliyun.oss.model.ListObjectsRequest;
import com.aliyun.oss.model.ListObjectsV2Request;
import com.aliyun.oss.model.ListObjectsV2Result;
import com.aliyun.oss.model.ListPartsRequest;
import com.aliyun.oss.model.OSSObject;
import com.aliyun.oss.model.OSSObjectSummary;
import com.aliyun.oss.model.ObjectListing;
import com.aliyun.oss.model.ObjectMetadata;
import com.aliyun.oss.model.PartETag;
import com.aliyun.oss.model.PutObjectRequest;
import com.aliyun.oss.model.SimplifiedObjectMeta;
import com.aliyun.oss.model.UploadPartCopyRequest;
import com.aliyun.oss.model.UploadPartRequest;
import io.sluicefs.emulator.Emulator;
import io.sluicefs.emulator.EmulatorOptions;
import io.sluicefs.emulator.PlainHttp;
import io.sluicefs.emulator.RequestKind;
import io.sluicefs.emulator.store.Crc64;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Date;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the vendor's SDK does, whichever way it signs. */
abstract class OssOperations {
  private static final byte[] CONTENT = "0123456789".getBytes(StandardCharsets.US_ASCII);

  private final SignVersion version;

  private Emulator emulator;
  private OSS client;

  OssOperations(SignVersion version) {
    this.version = version;
  }

  @BeforeEach
  void start() throws IOException {
    emulator = Emulator.start(EmulatorOptions.defaults());
    client = client("emulator", "emulator-secret");
    client.createBucket("bucket");
  }

  @AfterEach
  void stop() {
    client.shutdown();
    emulator.close();
  }

  private OSS client(String id, String secret) {
    ClientBuilderConfiguration configuration = new ClientBuilderConfiguration();
    configuration.setSignatureVersion(version);
    configuration.setMaxErrorRetry(0);
    return OSSClientBuilder.create()
        .endpoint(emulator.ossEndpoint().toString())
        .region("cn-hangzhou")
        .credentialsProvider(new DefaultCredentialProvider(id, secret))
        .clientConfiguration(configuration)
        .build();
  }

  private void put(String key, byte[] content) {
    client.putObject("bucket", key, new ByteArrayInputStream(content));
  }

  private byte[] get(GetObjectRequest request) throws IOException {
    try (OSSObject object = client.getObject(request)) {
      return object.getObjectContent().readAllBytes();
    }
  }

  private byte[] get(String key) throws IOException {
    return get(new GetObjectRequest("bucket", key));
  }

  private String codeOf(Runnable call) {
    return assertThrows(OSSException.class, call::run).getErrorCode();
  }

  @Test
  void anObjectIsWrittenAndReadWithItsChecksum() throws IOException {
    byte[] content = new byte[3_000_001];
    new Random(1).nextBytes(content);
    ObjectMetadata metadata = new ObjectMetadata();
    metadata.setContentType("text/plain");
    metadata.addUserMetadata("Name", "value");
    client.putObject("bucket", "dir/ä b+c", new ByteArrayInputStream(content), metadata);
    Crc64 crc = new Crc64(Crc64.Variant.XZ);
    crc.update(ByteBuffer.wrap(content));
    ObjectMetadata head = client.getObjectMetadata("bucket", "dir/ä b+c");
    assertEquals(crc.getValue(), head.getServerCRC());
    assertEquals("text/plain", head.getContentType());
    assertEquals("Normal", head.getObjectType());
    assertEquals(Map.of("Name", "value"), head.getUserMetadata());
    assertEquals(head.getETag(), head.getETag().toUpperCase(Locale.ROOT));
    assertArrayEquals(content, get("dir/ä b+c"));
    SimplifiedObjectMeta meta = client.getSimplifiedObjectMeta("bucket", "dir/ä b+c");
    assertEquals(content.length, meta.getSize());
    assertEquals(head.getETag(), meta.getETag());
    assertTrue(client.doesObjectExist("bucket", "dir/ä b+c"));
    assertFalse(client.doesObjectExist("bucket", "none"));
  }

  @Test
  void aSyntheticObjectOfManyPeriodsHasTheChecksumOfItsBytes() throws IOException {
    emulator
        .store()
        .putSynthetic("bucket", "big", "head".getBytes(StandardCharsets.US_ASCII), 30_000_000, 5);
    byte[] content = get("big");
    Crc64 crc = new Crc64(Crc64.Variant.XZ);
    crc.update(ByteBuffer.wrap(content));
    assertEquals(crc.getValue(), client.getObjectMetadata("bucket", "big").getServerCRC());
    assertArrayEquals(emulator.store().bytes("bucket", "big"), content);
    assertEquals("head", new String(content, 0, 4, StandardCharsets.US_ASCII));
  }

  @Test
  void rangesFollowTheRulesOfOss() throws IOException {
    put("a", CONTENT);
    GetObjectRequest inside = new GetObjectRequest("bucket", "a");
    inside.setRange(2, 4);
    assertEquals("234", new String(get(inside), StandardCharsets.US_ASCII));
    GetObjectRequest beyond = new GetObjectRequest("bucket", "a");
    beyond.setRange(5, 20);
    assertEquals(10, get(beyond).length);
    beyond.addHeader("x-oss-range-behavior", "standard");
    assertEquals("56789", new String(get(beyond), StandardCharsets.US_ASCII));
    GetObjectRequest outside = new GetObjectRequest("bucket", "a");
    outside.setRange(10, 20);
    outside.addHeader("x-oss-range-behavior", "standard");
    assertEquals(
        "InvalidRange", assertThrows(OSSException.class, () -> get(outside)).getErrorCode());
    GetObjectRequest last = new GetObjectRequest("bucket", "a");
    last.setRange(-1, 3);
    assertEquals("789", new String(get(last), StandardCharsets.US_ASCII));
  }

  @Test
  void conditionsAreHonoured() throws IOException {
    put("a", CONTENT);
    String etag = client.getObjectMetadata("bucket", "a").getETag();
    GetObjectRequest matching = new GetObjectRequest("bucket", "a");
    matching.setMatchingETagConstraints(List.of(etag));
    assertArrayEquals(CONTENT, get(matching));
    matching.setMatchingETagConstraints(List.of("OTHER"));
    assertEquals(
        "PreconditionFailed", assertThrows(OSSException.class, () -> get(matching)).getErrorCode());
    PutObjectRequest again =
        new PutObjectRequest("bucket", "a", new ByteArrayInputStream(new byte[1]));
    again.addHeader("x-oss-forbid-overwrite", "true");
    assertEquals("FileAlreadyExists", codeOf(() -> client.putObject(again)));
  }

  @Test
  void missingThingsAndWrongKeysAreToldApart() {
    assertEquals("NoSuchKey", codeOf(() -> client.getObject("bucket", "none")));
    assertEquals("NoSuchKey", codeOf(() -> client.getObjectMetadata("bucket", "none")));
    assertEquals("NoSuchBucket", codeOf(() -> client.listObjects("none")));
    OSS wrongSecret = client("emulator", "wrong");
    assertEquals("SignatureDoesNotMatch", codeOf(() -> wrongSecret.listObjects("bucket")));
    wrongSecret.shutdown();
    OSS nobody = client("nobody", "wrong");
    assertEquals("InvalidAccessKeyId", codeOf(() -> nobody.listObjects("bucket")));
    nobody.shutdown();
  }

  @Test
  void bothListingsArePagedAndRolledUp() {
    for (String key : List.of("a", "a/b", "a/c", "b/1", "b/2", "c", "ü")) {
      put(key, CONTENT);
    }
    List<String> keys = new ArrayList<>();
    String marker = null;
    do {
      ObjectListing page =
          client.listObjects(new ListObjectsRequest("bucket").withMarker(marker).withMaxKeys(3));
      page.getObjectSummaries().forEach(summary -> keys.add(summary.getKey()));
      marker = page.getNextMarker();
    } while (marker != null);
    assertEquals(List.of("a", "a/b", "a/c", "b/1", "b/2", "c", "ü"), keys);
    List<String> entries = new ArrayList<>();
    String token = null;
    do {
      ListObjectsV2Result page =
          client.listObjectsV2(
              new ListObjectsV2Request("bucket")
                  .withDelimiter("/")
                  .withMaxKeys(2)
                  .withContinuationToken(token));
      page.getObjectSummaries().forEach(summary -> entries.add(summary.getKey()));
      entries.addAll(page.getCommonPrefixes());
      token = page.getNextContinuationToken();
    } while (token != null);
    assertEquals(List.of("a", "a/", "c", "b/", "ü"), entries);
    OSSObjectSummary first =
        client
            .listObjectsV2(
                new ListObjectsV2Request("bucket").withPrefix("b/").withStartAfter("b/1"))
            .getObjectSummaries()
            .getFirst();
    assertEquals("b/2", first.getKey());
    assertEquals("Normal", first.getType());
    assertEquals(10, first.getSize());
    assertEquals(
        "InvalidArgument",
        codeOf(() -> client.listObjectsV2(new ListObjectsV2Request("bucket").withMaxKeys(1001))));
  }

  @Test
  void partsBecomeAnObject() throws IOException {
    byte[] whole = new byte[300_000];
    new Random(2).nextBytes(whole);
    String id =
        client
            .initiateMultipartUpload(new InitiateMultipartUploadRequest("bucket", "m"))
            .getUploadId();
    List<PartETag> parts = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      byte[] part = Arrays.copyOfRange(whole, i * 150_000, (i + 1) * 150_000);
      parts.add(
          client
              .uploadPart(
                  new UploadPartRequest(
                      "bucket", "m", id, i + 1, new ByteArrayInputStream(part), part.length))
              .getPartETag());
    }
    assertEquals(2, client.listParts(new ListPartsRequest("bucket", "m", id)).getParts().size());
    assertEquals(
        id,
        client
            .listMultipartUploads(new ListMultipartUploadsRequest("bucket"))
            .getMultipartUploads()
            .getFirst()
            .getUploadId());
    String etag =
        client
            .completeMultipartUpload(new CompleteMultipartUploadRequest("bucket", "m", id, parts))
            .getETag();
    assertTrue(etag.endsWith("-2"));
    assertArrayEquals(whole, get("m"));
    assertEquals("Multipart", client.getObjectMetadata("bucket", "m").getObjectType());
    assertEquals(
        "NoSuchUpload",
        codeOf(
            () -> client.abortMultipartUpload(new AbortMultipartUploadRequest("bucket", "m", id))));
  }

  @Test
  void partsAreCopiedFromObjectsAndSmallOnesRefused() throws IOException {
    emulator.store().putSynthetic("bucket", "s", 1L << 40, 3);
    String id =
        client
            .initiateMultipartUpload(new InitiateMultipartUploadRequest("bucket", "m"))
            .getUploadId();
    UploadPartCopyRequest copy =
        new UploadPartCopyRequest("bucket", "s", "bucket", "m", id, 1, 500L, 200_000L);
    List<PartETag> parts = new ArrayList<>();
    parts.add(client.uploadPartCopy(copy).getPartETag());
    client.completeMultipartUpload(new CompleteMultipartUploadRequest("bucket", "m", id, parts));
    assertArrayEquals(emulator.store().bytes("bucket", "s", 500, 200_000), get("m"));
    String small =
        client
            .initiateMultipartUpload(new InitiateMultipartUploadRequest("bucket", "n"))
            .getUploadId();
    List<PartETag> two = new ArrayList<>();
    for (int i = 1; i <= 2; i++) {
      two.add(
          client
              .uploadPart(
                  new UploadPartRequest(
                      "bucket", "n", small, i, new ByteArrayInputStream(CONTENT), 10))
              .getPartETag());
    }
    assertEquals(
        "EntityTooSmall",
        codeOf(
            () ->
                client.completeMultipartUpload(
                    new CompleteMultipartUploadRequest("bucket", "n", small, two))));
    client.abortMultipartUpload(new AbortMultipartUploadRequest("bucket", "n", small));
    assertEquals(1, emulator.counters().snapshot().requests(RequestKind.MULTIPART_ABORT));
  }

  @Test
  void bytesAreAppendedWhereTheObjectEnds() throws IOException {
    AppendObjectRequest append =
        new AppendObjectRequest("bucket", "log", new ByteArrayInputStream(CONTENT));
    assertEquals(10, client.appendObject(append.withPosition(0L)).getNextPosition());
    append.setInputStream(new ByteArrayInputStream(CONTENT));
    assertEquals(20, client.appendObject(append.withPosition(10L)).getNextPosition());
    append.setInputStream(new ByteArrayInputStream(CONTENT));
    assertEquals(
        "PositionNotEqualToLength", codeOf(() -> client.appendObject(append.withPosition(10L))));
    assertEquals("01234567890123456789", new String(get("log"), StandardCharsets.US_ASCII));
    put("plain", CONTENT);
    AppendObjectRequest toPlain =
        new AppendObjectRequest("bucket", "plain", new ByteArrayInputStream(CONTENT))
            .withPosition(10L);
    assertEquals("ObjectNotAppendable", codeOf(() -> client.appendObject(toPlain)));
  }

  @Test
  void aSymbolicLinkIsFollowed() throws IOException {
    put("target ü", CONTENT);
    client.createSymlink("bucket", "link", "target ü");
    assertArrayEquals(CONTENT, get("link"));
    assertEquals("target ü", client.getSymlink("bucket", "link").getTarget());
    assertEquals(10, client.getObjectMetadata("bucket", "link").getContentLength());
    assertEquals(
        "Symlink", client.listObjects("bucket", "link").getObjectSummaries().getFirst().getType());
    client.deleteObject("bucket", "target ü");
    assertEquals("SymlinkTargetNotExist", codeOf(() -> client.getObject("bucket", "link")));
  }

  @Test
  void objectsAreCopiedDeletedAndTagged() throws IOException {
    put("a b/ü", CONTENT);
    client.setObjectTagging("bucket", "a b/ü", Map.of("k", "v"));
    assertEquals(Map.of("k", "v"), client.getObjectTagging("bucket", "a b/ü").getAllTags());
    client.copyObject(new CopyObjectRequest("bucket", "a b/ü", "bucket", "c"));
    assertArrayEquals(CONTENT, get("c"));
    client.deleteObject("bucket", "c");
    put("d<&>", CONTENT);
    assertEquals(
        List.of("a b/ü", "d<&>"),
        client
            .deleteObjects(new DeleteObjectsRequest("bucket").withKeys(List.of("a b/ü", "d<&>")))
            .getDeletedObjects());
    assertEquals(List.of(), emulator.store().keys("bucket"));
  }

  @Test
  void bucketsAreListedAndDescribed() {
    assertEquals(List.of("bucket"), client.listBuckets().stream().map(Bucket::getName).toList());
    assertTrue(client.doesBucketExist("bucket"));
    assertFalse(client.doesBucketExist("other"));
    assertEquals("oss-cn-hangzhou", client.getBucketLocation("bucket"));
    assertEquals("bucket", client.getBucketInfo("bucket").getBucket().getName());
    client.deleteBucket("bucket");
    assertEquals(List.of(), emulator.store().buckets());
  }

  @Test
  void aSignedAddressNeedsNoHeader() throws Exception {
    put("a b", CONTENT);
    String address =
        client
            .generatePresignedUrl("bucket", "a b", Date.from(Instant.now().plusSeconds(300)))
            .toString();
    assertEquals("0123456789", PlainHttp.send("GET", URI.create(address)).body());
    assertEquals(403, PlainHttp.send("GET", URI.create(address.replace("a%20b", "c"))).status());
  }
}
