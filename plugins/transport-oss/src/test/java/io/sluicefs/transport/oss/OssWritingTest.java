// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.transport.oss;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluicefs.emulator.Emulator;
import io.sluicefs.emulator.EmulatorOptions;
import io.sluicefs.spi.ByteRange;
import io.sluicefs.spi.ObjectId;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import io.sluicefs.spi.transport.ListRequest;
import io.sluicefs.spi.transport.MultipartUpload;
import io.sluicefs.spi.transport.MultipartUpload.Part;
import io.sluicefs.spi.transport.ObjectStat;
import io.sluicefs.spi.transport.PendingUpload;
import io.sluicefs.spi.transport.PutOptions;
import io.sluicefs.spi.transport.Transport;
import io.sluicefs.spi.transport.TransportCapabilities;
import io.sluicefs.spi.transport.UploadBody;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class OssWritingTest {
  private static final String DATE = "Date: Sat, 31 Jan 2026 12:00:00 GMT\r\n";
  private static final String CRC_OF_DIGITS = Long.toUnsignedString(0x995dc9bbdf1939faL);
  private static final String ETAG = "ETag: \"E1\"\r\n";
  private static final String NO_SUCH_UPLOAD =
      AnswerServer.answer(404, DATE, "<Error><Code>NoSuchUpload</Code></Error>");

  @Test
  void reachesTheLargestObjectOfOss() throws Exception {
    try (AnswerServer server = new AnswerServer(request -> "");
        Transport transport = OssTransports.open(server.url(), Map.of())) {
      TransportCapabilities limits = transport.capabilities();
      assertEquals(48.8, limits.maxParts() * (double) limits.maxPartSize() / (1L << 40), 0.05);
      assertEquals(100 << 10, limits.minPartSize());
    }
  }

  @ParameterizedTest
  @CsvSource({"true, 1", "true, -1", "false, 1"})
  void bytesThatArrivedOtherwiseAreCorrupt(boolean verifies, String crc) throws Exception {
    String stored = Long.toUnsignedString(Long.parseLong(crc));
    String answer =
        AnswerServer.answer(200, DATE + ETAG + "x-oss-hash-crc64ecma: " + stored + "\r\n", "");
    try (Arena arena = Arena.ofShared();
        AnswerServer server = new AnswerServer(request -> answer);
        Transport transport =
            OssTransports.open(
                server.url(), Map.of("verify-uploads", Boolean.toString(verifies)))) {
      UploadBody body = digits(arena);
      if (verifies) {
        StorageException failure =
            assertFails(Kind.CORRUPT, () -> transport.put("key", PutOptions.REPLACE, body));
        assertTrue(message(failure).contains(CRC_OF_DIGITS), message(failure));
        assertTrue(message(failure).contains(stored), message(failure));
      } else {
        ObjectStat made = transport.put("key", PutOptions.REPLACE, body);
        assertEquals(new ObjectId("key", "E1"), made.id());
        assertEquals(Instant.parse("2026-01-31T12:00:00Z"), made.lastModified());
      }
      assertEquals(1, server.requests().size());
    }
  }

  @Test
  void anAnswerWithoutAnEtagIsNotOfOss() throws Exception {
    try (Arena arena = Arena.ofShared();
        AnswerServer server = new AnswerServer(request -> AnswerServer.answer(200, "", "ok"));
        Transport transport = OssTransports.open(server.url(), Map.of())) {
      UploadBody body = digits(arena);
      assertFails(Kind.CORRUPT, () -> transport.put("key", PutOptions.REPLACE, body));
      assertFails(Kind.CORRUPT, () -> start(transport, PutOptions.REPLACE));
      assertFails(Kind.CORRUPT, () -> transport.listUploads(""));
      assertFails(
          Kind.CORRUPT,
          () -> transport.copy(new ObjectId("key", "E1"), 9, "other", PutOptions.REPLACE));
      assertFails(Kind.CORRUPT, () -> transport.delete(List.of("a", "b")));
    }
  }

  @Test
  void errorsInsideAnAnswerOfSuccessAreErrors() throws Exception {
    String late = "<Error><Code>InternalError</Code><RequestId>REQ</RequestId></Error>";
    AnswerServer.Answers answers =
        request ->
            request.method().equals("PUT")
                ? AnswerServer.answer(200, DATE, late)
                : multipart(request, () -> AnswerServer.answer(200, DATE, late));
    try (AnswerServer server = new AnswerServer(answers);
        Transport transport = OssTransports.open(server.url(), Map.of());
        MultipartUpload upload = transport.startMultipartUpload("key", PutOptions.REPLACE)) {
      StorageException failure =
          assertFails(Kind.SERVER_ERROR, () -> upload.complete(List.of(new Part(1, "E1", 9))));
      assertTrue(message(failure).contains("InternalError"), message(failure));
      assertTrue(message(failure).contains("REQ"), message(failure));
      ObjectId source = new ObjectId("source", "E0");
      assertFails(Kind.SERVER_ERROR, () -> upload.uploadPartCopy(1, source, new ByteRange(0, 100)));
      assertFails(Kind.SERVER_ERROR, () -> transport.copy(source, 9, "other", PutOptions.REPLACE));
    }
  }

  /** Corrupt, as the answer to the completion tells another CRC than that of the digits twice. */
  @Test
  void theCrcOfAnUploadCoversTheRangesItCopies() throws Exception {
    String copied =
        AnswerServer.answer(
            200,
            DATE + "x-oss-hash-crc64ecma: " + CRC_OF_DIGITS + "\r\n",
            "<CopyPartResult><ETag>&quot;E1&quot;</ETag>"
                + "<LastModified>2026-01-31T12:00:00.000Z</LastModified></CopyPartResult>");
    String whole =
        AnswerServer.answer(
            200,
            DATE + "x-oss-hash-crc64ecma: " + CRC_OF_DIGITS + "\r\n",
            "<CompleteMultipartUploadResult><ETag>&quot;E2&quot;</ETag>"
                + "</CompleteMultipartUploadResult>");
    AnswerServer.Answers answers =
        request -> request.method().equals("PUT") ? copied : multipart(request, () -> whole);
    ObjectId source = new ObjectId("source", "E0");
    try (AnswerServer server = new AnswerServer(answers);
        Transport transport = OssTransports.open(server.url(), Map.of());
        MultipartUpload upload = transport.startMultipartUpload("key", PutOptions.REPLACE)) {
      Part once = upload.uploadPartCopy(1, source, new ByteRange(0, 9));
      Part twice = upload.uploadPartCopy(2, source, new ByteRange(0, 9));
      assertFails(Kind.CORRUPT, () -> upload.complete(List.of(once, twice)));
      upload.complete(List.of(once));
    }
  }

  @Test
  void aSymlinkIsOneOfOss() throws Exception {
    try (Emulator emulator = Emulator.start(EmulatorOptions.defaults());
        Transport transport =
            OssTransports.open(emulator.ossEndpoint().toString(), Map.of("path-style", "true"))) {
      emulator.store().createBucket("models");
      transport.putSymlink("link", "../a b/\u00fc", PutOptions.REPLACE);
      assertEquals(
          "../a b/\u00fc", emulator.store().get("models", "link").orElseThrow().linkTarget());
    }
  }

  @Test
  void aCopyIsOneRequest() throws Exception {
    try (Arena arena = Arena.ofShared();
        Emulator emulator = Emulator.start(EmulatorOptions.defaults());
        Transport transport =
            OssTransports.open(emulator.ossEndpoint().toString(), Map.of("path-style", "true"))) {
      emulator.store().createBucket("models");
      ObjectId source = transport.put("source", PutOptions.REPLACE, digits(arena)).id();
      emulator.counters().reset();
      transport.copy(source, 9, "target", PutOptions.REPLACE);
      assertEquals(1, emulator.counters().snapshot().totalRequests());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"NoSuchUpload", "FileAlreadyExists"})
  void aCompletionWhoseAnswerWasLostFindsWhatItMade(String repeated) throws Exception {
    AtomicInteger completions = new AtomicInteger();
    String refusal =
        AnswerServer.answer(
            repeated.equals("NoSuchUpload") ? 404 : 409,
            DATE,
            "<Error><Code>" + repeated + "</Code></Error>");
    AnswerServer.Answers answers =
        request ->
            request.method().equals("HEAD")
                ? object(9, "x-oss-hash-crc64ecma: " + CRC_OF_DIGITS + "\r\n")
                : multipart(request, () -> completions.getAndIncrement() == 0 ? "" : refusal);
    try (Arena arena = Arena.ofShared();
        AnswerServer server = new AnswerServer(answers);
        Transport transport = OssTransports.open(server.url(), Map.of());
        MultipartUpload upload =
            transport.startMultipartUpload("key", new PutOptions(true, "", Map.of()))) {
      List<Part> parts = List.of(upload.uploadPart(1, digits(arena)));
      assertFails(Kind.UNREACHABLE, () -> upload.complete(parts));
      ObjectStat made = upload.complete(parts);
      assertEquals(new ObjectId("key", "E2"), made.id());
      assertEquals(9, made.size());
    }
  }

  @ParameterizedTest
  @CsvSource({"9, 17", "10, -1"})
  void aCompletionDoesNotTakeAnotherObjectForItsOwn(int size, long crc) throws Exception {
    String header =
        "x-oss-hash-crc64ecma: " + (crc < 0 ? CRC_OF_DIGITS : Long.toString(crc)) + "\r\n";
    AnswerServer.Answers answers =
        request ->
            request.method().equals("HEAD")
                ? object(size, header)
                : multipart(request, () -> NO_SUCH_UPLOAD);
    try (Arena arena = Arena.ofShared();
        AnswerServer server = new AnswerServer(answers);
        Transport transport = OssTransports.open(server.url(), Map.of());
        MultipartUpload upload = transport.startMultipartUpload("key", PutOptions.REPLACE)) {
      List<Part> parts = List.of(upload.uploadPart(1, digits(arena)));
      StorageException failure = assertFails(Kind.NOT_FOUND, () -> upload.complete(parts));
      assertTrue(message(failure).contains("NoSuchUpload"), message(failure));
    }
  }

  @Test
  void aCompletionOfCopiedPartsIsKnownByItsTime() throws Exception {
    AtomicInteger heads = new AtomicInteger();
    AnswerServer.Answers answers =
        request ->
            request.method().equals("HEAD")
                ? heads.getAndIncrement() == 0
                    ? object(9, "").replace("12:00:01", "11:59:59")
                    : object(9, "")
                : multipart(request, () -> NO_SUCH_UPLOAD);
    try (AnswerServer server = new AnswerServer(answers);
        Transport transport = OssTransports.open(server.url(), Map.of());
        MultipartUpload upload = transport.startMultipartUpload("key", PutOptions.REPLACE)) {
      List<Part> parts = List.of(new Part(1, "E1", 9));
      assertFails(Kind.NOT_FOUND, () -> upload.complete(parts));
      assertEquals("E2", upload.complete(parts).id().etag());
    }
  }

  @Test
  void anObjectOfOtherBytesThanItsPartsIsCorrupt() throws Exception {
    AtomicInteger completions = new AtomicInteger();
    String answer =
        AnswerServer.answer(
            200,
            DATE + "x-oss-hash-crc64ecma: 17\r\n",
            "<CompleteMultipartUploadResult><ETag>\"E2\"</ETag></CompleteMultipartUploadResult>");
    try (Arena arena = Arena.ofShared();
        AnswerServer server =
            new AnswerServer(
                request ->
                    request.method().equals("HEAD")
                        ? object(9, "x-oss-hash-crc64ecma: 17\r\n")
                        : multipart(
                            request,
                            () -> completions.getAndIncrement() == 0 ? answer : NO_SUCH_UPLOAD));
        Transport transport = OssTransports.open(server.url(), Map.of());
        MultipartUpload upload = transport.startMultipartUpload("key", PutOptions.REPLACE)) {
      List<Part> parts = List.of(upload.uploadPart(1, digits(arena)));
      assertFails(Kind.CORRUPT, () -> upload.complete(parts));
      assertFails(Kind.CORRUPT, () -> upload.complete(parts));
    }
  }

  @Test
  void listsUploadsOverPages() throws Exception {
    AnswerServer.Answers answers =
        request ->
            request.target().contains("key-marker")
                ? uploads("<IsTruncated>false</IsTruncated>", "dir%2Fb%2Bc", "U2")
                : uploads(
                    "<IsTruncated>true</IsTruncated><NextKeyMarker>dir%2Fa</NextKeyMarker>"
                        + "<NextUploadIdMarker>U1</NextUploadIdMarker>",
                    "dir%2Fa", "U1");
    try (AnswerServer server = new AnswerServer(answers);
        Transport transport = OssTransports.open(server.url(), Map.of())) {
      Instant started = Instant.parse("2026-01-31T12:00:00Z");
      assertEquals(
          List.of(
              new PendingUpload("dir/a", "U1", started),
              new PendingUpload("dir/b+c", "U2", started)),
          transport.listUploads("dir/"));
      assertTrue(server.requests().getLast().target().contains("upload-id-marker=U1"));
    }
  }

  @Test
  void aListOfUploadsThatRunsInCirclesIsCorrupt() throws Exception {
    String page =
        uploads(
            "<IsTruncated>true</IsTruncated><NextKeyMarker>dir%2Fa</NextKeyMarker>"
                + "<NextUploadIdMarker>U1</NextUploadIdMarker>",
            "dir%2Fa", "U1");
    try (AnswerServer server = new AnswerServer(request -> page);
        Transport transport = OssTransports.open(server.url(), Map.of())) {
      assertFails(Kind.CORRUPT, () -> transport.listUploads("dir/"));
    }
  }

  @Test
  void keysThatADeletionLeftAreTold() throws Exception {
    String answer =
        AnswerServer.answer(
            200,
            DATE,
            "<DeleteResult><EncodingType>url</EncodingType><Deleted><Key>a%2B</Key></Deleted>"
                + "</DeleteResult>");
    try (AnswerServer server = new AnswerServer(request -> answer);
        Transport transport = OssTransports.open(server.url(), Map.of())) {
      StorageException failure =
          assertFails(Kind.SERVER_ERROR, () -> transport.delete(List.of("a+", "left")));
      assertTrue(message(failure).contains("/models/left"), message(failure));
    }
  }

  @Test
  void neverDeletesTheBucket() throws Exception {
    try (AnswerServer server = new AnswerServer(request -> "");
        Transport transport = OssTransports.open(server.url(), Map.of())) {
      assertFails(Kind.INVALID_REQUEST, () -> transport.delete(List.of("")));
      assertEquals(List.of(), server.requests());
    }
  }

  @Test
  void attributesThatHeadersCannotCarryAreRefused() throws Exception {
    try (Arena arena = Arena.ofShared();
        AnswerServer server = new AnswerServer(request -> "");
        Transport transport = OssTransports.open(server.url(), Map.of())) {
      UploadBody body = digits(arena);
      for (PutOptions options :
          List.of(
              new PutOptions(false, "text/plain\r\nx-oss-object-acl: public-read", Map.of()),
              new PutOptions(false, "", Map.of("color", "\u00fcber")),
              new PutOptions(false, "", Map.of("color", " blue")),
              new PutOptions(false, "", Map.of("col_or", "blue")))) {
        assertFails(Kind.INVALID_REQUEST, () -> transport.put("key", options, body));
        assertFails(Kind.INVALID_REQUEST, () -> start(transport, options));
      }
      assertEquals(List.of(), server.requests());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"v1", "v4"})
  void makesAndDeletesOddKeys(String signature) throws Exception {
    List<String> keys =
        List.of(
            "with space",
            " leading and trailing ",
            "plus+plus",
            "%41%2f%25",
            "amp&equals=question?hash#semicolon;",
            "quotes'\"back\\slash",
            "<xml>&amp;</xml>]]>",
            "\u00fcn\u00efc\u00f6d\u00e9/\u65e5\u672c\u8a9e",
            "\ud83d\ude00",
            "new\nline\ttab\u0001",
            "a//b",
            "a/../b",
            "trailing/");
    try (Arena arena = Arena.ofShared();
        Emulator emulator = Emulator.start(EmulatorOptions.defaults());
        Transport transport =
            OssTransports.open(
                emulator.ossEndpoint().toString(),
                Map.of("signature", signature, "region", "cn-hangzhou", "path-style", "true"))) {
      emulator.store().createBucket("models");
      for (String key : keys) {
        ObjectId made = transport.put(key, PutOptions.REPLACE, digits(arena)).id();
        assertEquals(made, transport.head(key).id());
        assertEquals(9, transport.copy(made, 9, key + ".copy", PutOptions.REPLACE).size());
        try (MultipartUpload upload =
            transport.startMultipartUpload(key + ".parts", PutOptions.REPLACE)) {
          Part part = upload.uploadPart(1, digits(arena));
          assertEquals(key + ".parts", transport.listUploads(key).getFirst().key());
          assertEquals(9, upload.complete(List.of(part)).size());
        }
      }
      ListRequest all = new ListRequest("", "", null, ListRequest.MAX_KEYS);
      assertEquals(3 * keys.size(), transport.list(all).objects().size());
      transport.delete(
          transport.list(all).objects().stream().map(object -> object.id().key()).toList());
      assertEquals(List.of(), transport.list(all).objects());
      assertNull(transport.list(all).nextToken());
    }
  }

  private static void start(Transport transport, PutOptions options) throws StorageException {
    try (MultipartUpload upload = transport.startMultipartUpload("key", options)) {
      assertFalse(upload.uploadId().isEmpty());
    }
  }

  /** Something that may fail. */
  @FunctionalInterface
  private interface Request {
    void run() throws StorageException;
  }

  /** Makes up the answer to a completion. */
  @FunctionalInterface
  private interface Completion {
    String answer();
  }

  /** Answers as OSS does to an upload in parts, but for its completion. */
  private static String multipart(AnswerServer.Request request, Completion completion) {
    if (request.method().equals("PUT")) {
      return AnswerServer.answer(
          200, DATE + ETAG + "x-oss-hash-crc64ecma: " + CRC_OF_DIGITS + "\r\n", "");
    }
    if (request.method().equals("DELETE")) {
      return AnswerServer.answer(204, DATE, "");
    }
    return request.target().contains("?uploads&")
        ? AnswerServer.answer(
            200,
            DATE,
            "<InitiateMultipartUploadResult><UploadId>U1</UploadId></InitiateMultipartUploadResult>")
        : completion.answer();
  }

  /** The answer to a head. */
  private static String object(int size, String headers) {
    return "HTTP/1.1 200 OK\r\nContent-Length: "
        + size
        + "\r\nConnection: close\r\nLast-Modified: Sat, 31 Jan 2026 12:00:01 GMT\r\n"
        + "ETag: \"E2\"\r\n"
        + headers
        + "\r\n";
  }

  private static String uploads(String fields, String key, String uploadId) {
    return AnswerServer.answer(
        200,
        DATE,
        ("<ListMultipartUploadsResult>%s<Upload><Key>%s</Key><UploadId>%s</UploadId>"
                + "<Initiated>2026-01-31T12:00:00.000Z</Initiated></Upload>"
                + "</ListMultipartUploadsResult>")
            .formatted(fields, key, uploadId));
  }

  private static UploadBody digits(Arena arena) {
    byte[] digits = "123456789".getBytes(StandardCharsets.US_ASCII);
    MemorySegment segment = arena.allocate(digits.length);
    segment.copyFrom(MemorySegment.ofArray(digits));
    return new UploadBody(List.of(segment));
  }

  private static StorageException assertFails(Kind kind, Request request) {
    StorageException failure = assertThrows(StorageException.class, request::run);
    assertEquals(kind, failure.kind(), failure.getMessage());
    assertFalse(message(failure).contains("\n"), message(failure));
    return failure;
  }

  private static String message(Exception failure) {
    return String.valueOf(failure.getMessage());
  }
}
