// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.transport.oss;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluicefs.emulator.Emulator;
import io.sluicefs.emulator.EmulatorOptions;
import io.sluicefs.emulator.Fault;
import io.sluicefs.emulator.FaultRule;
import io.sluicefs.spi.SettingException;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import io.sluicefs.spi.transport.ListRequest;
import io.sluicefs.spi.transport.ObjectStat;
import io.sluicefs.spi.transport.Transport;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class OssErrorTest {
  private static final String EMPTY_PAGE =
      AnswerServer.answer(
          200,
          "",
          "<ListBucketResult><Name>models</Name><IsTruncated>false</IsTruncated></ListBucketResult>");

  @Test
  void passesOnWhenTheStoreAsksToComeAgain() throws Exception {
    try (Emulator emulator = Emulator.start(EmulatorOptions.defaults());
        Transport transport = OssTransports.open(emulator.ossEndpoint().toString(), Map.of())) {
      emulator.store().createBucket("models");
      for (int status : new int[] {429, 503}) {
        emulator
            .faults()
            .order(FaultRule.on().times(3).does(Fault.refuse(status, "SlowDown", "17")));
        assertRetryAfter(() -> transport.head("object"));
        assertRetryAfter(() -> transport.list(ListRequest.directory("")));
        assertRetryAfter(() -> transport.delete(List.of("none", "more")));
      }
    }
  }

  private static void assertRetryAfter(Executable request) {
    StorageException failure = assertThrows(StorageException.class, request);
    assertEquals(Kind.THROTTLED, failure.kind());
    assertEquals(Duration.ofSeconds(17), failure.retryAfter());
  }

  @ParameterizedTest
  @CsvSource({
    "403, InvalidAccessKeyId, BAD_CREDENTIALS, access-key-id",
    "403, SignatureDoesNotMatch, BAD_CREDENTIALS, access key secret",
    "403, SecurityTokenExpired, BAD_CREDENTIALS, new security token",
    "403, InvalidSecurityToken, BAD_CREDENTIALS, new security token",
    "403, RequestTimeTooSkewed, BAD_CREDENTIALS, clock",
    "403, AccessDenied, ACCESS_DENIED, policies",
    "403, InvalidObjectState, ACCESS_DENIED, archive",
    "403, SecondLevelDomainForbidden, INVALID_REQUEST, path-style",
    "404, NoSuchBucket, NO_SUCH_BUCKET, transport.oss.bucket",
    "404, NoSuchKey, NOT_FOUND, NoSuchKey",
    "412, PreconditionFailed, PRECONDITION_FAILED, PreconditionFailed",
    "400, RequestTimeout, TIMEOUT, RequestTimeout",
    "400, InvalidArgument, INVALID_REQUEST, InvalidArgument",
    "500, InternalError, SERVER_ERROR, InternalError",
    "501, NotImplemented, UNSUPPORTED, NotImplemented",
    "503, QpsLimitExceeded, THROTTLED, QpsLimitExceeded",
    "503, ServiceUnavailable, THROTTLED, ServiceUnavailable",
    "502, BadGateway, SERVER_ERROR, BadGateway"
  })
  void saysWhatIsWrongAndWhatToDo(int status, String code, Kind kind, String advice)
      throws Exception {
    StorageException failure = listing(AnswerServer.answer(status, "", error(code, "Sentence.")));

    assertEquals(kind, failure.kind());
    assertOneLine(
        failure, "oss://127.0.0.1", "/models/dir/", code, "Sentence.", advice, "REQ", "EC 0002");
  }

  @Test
  void namesTheEndpointToUse() throws Exception {
    StorageException failure =
        listing(
            AnswerServer.answer(
                403,
                "",
                "<Error><Code>AccessDenied</Code><Message>The bucket you are attempting to access"
                    + " must be addressed using the specified endpoint. Please send all future"
                    + " requests to this endpoint.</Message><RequestId>REQ</RequestId>"
                    + "<Endpoint>oss-cn-beijing.aliyuncs.com</Endpoint></Error>"));

    assertEquals(Kind.INVALID_REQUEST, failure.kind());
    assertOneLine(failure, "set transport.oss.endpoint = \"oss-cn-beijing.aliyuncs.com\"");
  }

  @Test
  void followsNoRedirect() throws Exception {
    try (AnswerServer other = new AnswerServer(request -> EMPTY_PAGE)) {
      StorageException failure =
          listing(AnswerServer.answer(307, "Location: " + other.url() + "/\r\n", ""));

      assertEquals(Kind.INVALID_REQUEST, failure.kind());
      assertOneLine(failure, "307", "transport.oss.endpoint");
      assertTrue(other.requests().isEmpty());
    }
  }

  @ParameterizedTest
  @CsvSource({
    "403, ACCESS_DENIED",
    "404, NOT_FOUND",
    "401, BAD_CREDENTIALS",
    "502, SERVER_ERROR",
    "503, THROTTLED",
    "429, THROTTLED",
    "400, INVALID_REQUEST"
  })
  void judgesByTheStatusWhatOssDidNotSay(int status, Kind kind) throws Exception {
    String page = "<!DOCTYPE html><html><body>\nsorry\n</body></html>";
    StorageException failure = listing(AnswerServer.answer(status, "", page));

    assertEquals(kind, failure.kind());
    assertOneLine(failure, "HTTP " + status);
  }

  @Test
  void readsAnErrorThatStandsInAHeader() throws Exception {
    String header =
        Base64.getEncoder()
            .encodeToString(error("NoSuchBucket", "None.").getBytes(StandardCharsets.UTF_8));
    try (AnswerServer server =
            new AnswerServer(
                request -> AnswerServer.answer(404, "x-oss-err: " + header + "\r\n", ""));
        Transport transport = OssTransports.open(server.url(), Map.of())) {
      StorageException failure =
          assertThrows(StorageException.class, () -> transport.head("weights.bin"));

      assertEquals(Kind.NO_SUCH_BUCKET, failure.kind());
      assertOneLine(failure, "weights.bin", "NoSuchBucket", "REQ");
    }
  }

  @Test
  void findsNoObjectWhereNothingIsSaid() throws Exception {
    try (AnswerServer server = new AnswerServer(request -> AnswerServer.answer(404, "", ""));
        Transport transport = OssTransports.open(server.url(), Map.of())) {
      assertEquals(
          Kind.NOT_FOUND,
          assertThrows(StorageException.class, () -> transport.head("weights.bin")).kind());
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "ETag: \"A\"\r\n",
        "ETag: \"A\"\r\nLast-Modified: yesterday\r\n",
        "ETag: \"\"\r\nLast-Modified: Thu, 01 Jan 2026 00:00:00 GMT\r\n"
      })
  void takesNoOtherAnswerForAnObject(String headers) throws Exception {
    try (AnswerServer server = new AnswerServer(request -> AnswerServer.answer(200, headers, ""));
        Transport transport = OssTransports.open(server.url(), Map.of())) {
      assertEquals(
          Kind.CORRUPT,
          assertThrows(StorageException.class, () -> transport.head("weights.bin")).kind());
    }
  }

  @Test
  void readsWhatHeadersSayOfAnObject() throws Exception {
    String headers =
        """
        ETag: "A"
        Last-Modified: Thu, 01 Jan 2026 00:00:00 GMT
        Content-Type: text/plain
        x-oss-object-type: Symlink
        X-Oss-Meta-Color: grün
        """
            .replace("\n", "\r\n");
    try (AnswerServer server = new AnswerServer(request -> AnswerServer.answer(200, headers, ""));
        Transport transport = OssTransports.open(server.url(), Map.of())) {
      ObjectStat stat = transport.head("weights.bin");
      assertEquals("text/plain", stat.contentType());

      assertEquals("A", stat.id().etag());
      assertEquals(ObjectStat.Type.SYMLINK, stat.type());
      assertEquals(Instant.parse("2026-01-01T00:00:00Z"), stat.lastModified());
      assertEquals(Map.of("color", "grün"), stat.metadata());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "<html/>", "{}", "<ListBucketResult><IsTruncated>true"})
  void takesNoOtherPageForAListing(String body) throws Exception {
    StorageException failure = listing(AnswerServer.answer(200, "", body));

    assertEquals(Kind.CORRUPT, failure.kind());
    assertOneLine(failure, "list of oss://127.0.0.1", "does not answer as OSS does");
  }

  @Test
  void endsAListingWithoutEnd() throws Exception {
    String object =
        "<Contents><Key>%s</Key><ETag>E</ETag><Size>1</Size>".formatted("x".repeat(1 << 20));
    StorageException failure =
        listing(
            "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n<ListBucketResult>" + object.repeat(20));

    assertEquals(Kind.CORRUPT, failure.kind());
  }

  @Test
  void tellsABrokenConnectionFromABrokenListing() throws Exception {
    StorageException failure =
        listing("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n<ListBucketResult>");

    assertEquals(Kind.UNREACHABLE, failure.kind());
    assertOneLine(failure, "broke");
  }

  @Test
  void givesUpAnAnswerThatDoesNotCome() throws Exception {
    CountDownLatch over = new CountDownLatch(1);
    try (AnswerServer server =
            new AnswerServer(
                request -> {
                  over.await();
                  return EMPTY_PAGE;
                });
        Transport transport =
            OssTransports.open(server.url(), Map.of("request-timeout", "200ms"))) {
      StorageException failure =
          assertThrows(StorageException.class, () -> transport.list(ListRequest.directory("dir/")));

      assertEquals(Kind.TIMEOUT, failure.kind());
      assertOneLine(failure, "200 ms");
    } finally {
      over.countDown();
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void stopsWhenItsThreadIsInterrupted(boolean virtual) throws Exception {
    CountDownLatch asked = new CountDownLatch(1);
    CountDownLatch over = new CountDownLatch(1);
    AtomicReference<StorageException> failure = new AtomicReference<>();
    try (AnswerServer server =
            new AnswerServer(
                request -> {
                  asked.countDown();
                  over.await();
                  return EMPTY_PAGE;
                });
        Transport transport = OssTransports.open(server.url(), Map.of())) {
      Runnable call =
          () -> {
            try {
              transport.list(ListRequest.directory(""));
            } catch (StorageException e) {
              if (Thread.currentThread().isInterrupted()) {
                failure.set(e);
              }
            }
          };
      Thread thread = virtual ? Thread.ofVirtual().start(call) : Thread.ofPlatform().start(call);
      asked.await();
      thread.interrupt();
      thread.join();

      assertEquals(Kind.CANCELLED, failure.get().kind());
    } finally {
      over.countDown();
    }
  }

  @Test
  void namesAnEndpointThatRefusesConnections() throws Exception {
    int port;
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = socket.getLocalPort();
    }
    String endpoint = "http://127.0.0.1:" + port;
    try (Transport transport = OssTransports.open(endpoint, Map.of())) {
      StorageException failure =
          assertThrows(StorageException.class, () -> transport.head("weights.bin"));

      assertEquals(Kind.UNREACHABLE, failure.kind());
      assertOneLine(failure, "weights.bin", endpoint, "refused", "transport.oss.endpoint");
    }
  }

  @Test
  void namesAHostThatHasNoAddress() throws Exception {
    try (Transport transport = OssTransports.open("https://sluice.invalid", Map.of())) {
      StorageException failure =
          assertThrows(StorageException.class, () -> transport.head("weights.bin"));

      assertEquals(Kind.UNREACHABLE, failure.kind());
      assertOneLine(failure, "models.sluice.invalid", "transport.oss.endpoint");
    }
  }

  @Test
  void neverNamesASecret() throws Exception {
    StorageException failure =
        listing(AnswerServer.answer(403, "", error("SignatureDoesNotMatch", "No.")));

    assertFalse(String.valueOf(failure.getMessage()).contains("emulator-secret"));
  }

  @Test
  void signsAgainByTheClockOfTheStore() throws Exception {
    Instant storeTime = Instant.now().minusSeconds(3 * 60 * 60);
    String date =
        "Date: "
            + DateTimeFormatter.RFC_1123_DATE_TIME.format(storeTime.atOffset(ZoneOffset.UTC))
            + "\r\n";
    try (AnswerServer server =
            new AnswerServer(
                request -> {
                  Instant signed =
                      DateTimeFormatter.RFC_1123_DATE_TIME.parse(
                          request.headers().getOrDefault("date", ""), Instant::from);
                  return Math.abs(signed.getEpochSecond() - storeTime.getEpochSecond()) < 900
                      ? EMPTY_PAGE
                      : AnswerServer.answer(403, date, error("RequestTimeTooSkewed", "Late."));
                });
        Transport transport = OssTransports.open(server.url(), Map.of())) {
      transport.list(ListRequest.directory(""));
      transport.list(ListRequest.directory(""));

      assertEquals(3, server.requests().size());
    }
  }

  @Test
  void sendsAFailedRequestOnce() throws Exception {
    try (AnswerServer server =
            new AnswerServer(
                request -> AnswerServer.answer(500, "", error("InternalError", "Sorry.")));
        Transport transport = OssTransports.open(server.url(), Map.of())) {
      assertThrows(StorageException.class, () -> transport.list(ListRequest.directory("")));

      assertEquals(1, server.requests().size());
    }
  }

  private static String error(String code, String sentence) {
    return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error>\n  <Code>%s</Code>\n"
            .formatted(code)
        + "  <Message>%s</Message>\n  <RequestId>REQ</RequestId>\n".formatted(sentence)
        + "  <HostId>models.oss.example.com</HostId>\n  <EC>0002-00000001</EC>\n</Error>";
  }

  private static StorageException listing(String answer) throws IOException {
    try (AnswerServer server = new AnswerServer(request -> answer);
        Transport transport = OssTransports.open(server.url(), Map.of())) {
      return assertThrows(
          StorageException.class, () -> transport.list(ListRequest.directory("dir/")));
    } catch (SettingException e) {
      throw new AssertionError(e);
    }
  }

  private static void assertOneLine(StorageException failure, String... words) {
    String message = String.valueOf(failure.getMessage());
    assertFalse(message.contains("\n"), message);
    for (String word : words) {
      assertTrue(message.contains(word), message);
    }
  }
}
