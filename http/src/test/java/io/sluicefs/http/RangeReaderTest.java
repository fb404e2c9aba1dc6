// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.http;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluicefs.http.ScriptedServer.Peer;
import io.sluicefs.http.ScriptedServer.Script;
import io.sluicefs.spi.ByteRange;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import io.sluicefs.spi.transport.ReadProgress;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class RangeReaderTest {
  private static final byte[] OBJECT = new byte[300_000];

  static {
    new Random(1).nextBytes(OBJECT);
  }

  private static final ErrorAnswers ERRORS =
      (request, answer) ->
          new StorageException(
              answer.status() == 404 ? Kind.NOT_FOUND : Kind.SERVER_ERROR,
              answer.status() + " " + answer.header("location") + " " + answer.body());

  private RangeReader reader = new RangeReader(RangeReaderOptions.DEFAULTS);

  @AfterEach
  void close() {
    reader.close();
  }

  @Test
  void fillsSeveralBuffersInOrderAndAnnouncesWhatIsGood() throws Exception {
    try (ScriptedServer server = ScriptedServer.plain(RangeReaderTest::serve)) {
      ByteBuffer[] target = {
        ByteBuffer.allocateDirect(10).position(3),
        ByteBuffer.allocateDirect(0),
        ByteBuffer.allocateDirect(100_000),
        ByteBuffer.allocateDirect(99_993)
      };
      List<Long> announced = new ArrayList<>();
      ReadProgress truthful =
          bytes -> {
            announced.add(bytes);
            byte[] good = content(target, new int[] {3, 0, 0, 0}, (int) bytes);
            assertArrayEquals(Arrays.copyOfRange(OBJECT, 1000, 1000 + (int) bytes), good);
          };
      reader.read(request(server, 1000, 201_000), target, truthful, ERRORS);
      assertEquals(200_000L, announced.getLast());
      assertEquals(announced.stream().sorted().distinct().toList(), announced);
      for (ByteBuffer buffer : target) {
        assertFalse(buffer.hasRemaining());
      }
      String sent = server.requests.getFirst();
      assertTrue(sent.startsWith("GET /bucket/a//b/../c%20d HTTP/1.1\r\n"), sent);
      assertTrue(sent.contains("\r\nRange: bytes=1000-200999\r\n"), sent);
      assertTrue(sent.contains("\r\nIf-Match: \"v1\"\r\n"), sent);
      assertTrue(sent.contains("\r\nHost: 127.0.0.1:" + server.port() + "\r\n"), sent);
    }
  }

  @Test
  void sendsSignedHeadersAsTheyAre() throws Exception {
    try (ScriptedServer server = ScriptedServer.plain(RangeReaderTest::serve)) {
      Map<String, String> signed = Map.of("host", "bucket.example.com", "if-match", "v1");
      RangeRequest request =
          new RangeRequest(endpoint(server), "/x", signed, new ByteRange(0, 5), "v1", "read of x");
      reader.read(request, direct(5), ReadProgress.NONE, ERRORS);
      String sent = server.requests.getFirst();
      assertTrue(sent.contains("\r\nhost: bucket.example.com\r\n"), sent);
      assertTrue(sent.contains("\r\nif-match: v1\r\n"), sent);
      assertFalse(sent.contains("127.0.0.1") || sent.contains("If-Match"), sent);
    }
  }

  @Test
  void keepsItsConnections() throws Exception {
    try (ScriptedServer server = ScriptedServer.plain(RangeReaderTest::serve)) {
      for (int i = 0; i < 20; i++) {
        assertReads(server, i * 1000, i * 1000 + 70_000);
      }
      assertEquals(1, server.accepted());
    }
  }

  @Test
  void repeatsOnceWhenAKeptConnectionEndsBeforeAnAnswer() throws Exception {
    Script closesAtSecondRequest =
        client -> {
          client.awaitRequest();
          answerRange(client, 0, 100);
          client.awaitRequest();
        };
    try (ScriptedServer server =
        ScriptedServer.plain(closesAtSecondRequest, RangeReaderTest::serve)) {
      assertReads(server, 0, 100);
      assertReads(server, 0, 100);
      assertEquals(2, server.accepted());
      assertEquals(3, server.requests.size());
    }
  }

  @Test
  void doesNotUseAKeptConnectionTheServerHasClosed() throws Exception {
    CountDownLatch closed = new CountDownLatch(1);
    Script closesWhenIdle =
        client -> {
          client.awaitRequest();
          answerRange(client, 0, 100);
          client.send("HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n");
          client.socket().close();
          closed.countDown();
        };
    try (ScriptedServer server = ScriptedServer.plain(closesWhenIdle, RangeReaderTest::serve)) {
      assertReads(server, 0, 100);
      assertTrue(closed.await(10, TimeUnit.SECONDS));
      assertReads(server, 0, 100);
      assertEquals(2, server.requests.size());
    }
  }

  @Test
  void doesNotRepeatOnAFreshConnection() throws Exception {
    try (ScriptedServer server = ScriptedServer.plain(client -> client.awaitRequest())) {
      assertFails(Kind.UNREACHABLE, server, 0, 100);
      assertEquals(1, server.requests.size());
    }
  }

  @Test
  void closesConnectionsThatWereIdleTooLong() throws Exception {
    CountDownLatch ended = new CountDownLatch(1);
    Script watchesForTheEnd =
        client -> {
          client.awaitRequest();
          answerRange(client, 0, 100);
          client.awaitEnd();
          ended.countDown();
        };
    options(
        RangeReaderOptions.DEFAULTS
            .withIdleConnections(4, Duration.ofMillis(20))
            .withTimeouts(Duration.ofSeconds(5), Duration.ofMillis(500)));
    try (ScriptedServer server = ScriptedServer.plain(watchesForTheEnd)) {
      assertReads(server, 0, 100);
      assertTrue(ended.await(10, TimeUnit.SECONDS));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 7, 1000, 8192, 65536, 200_000})
  void readsChunks(int chunk) throws Exception {
    Script chunked =
        client -> {
          while (client.awaitRequest() != null) {
            client.send(head206(10, 70_010, "transfer-encoding: Chunked\r\n"));
            StringBuilder body = new StringBuilder();
            for (int at = 10; at < 70_010; at += chunk) {
              int end = Math.min(70_010, at + chunk);
              body.append(Integer.toHexString(end - at).toUpperCase(java.util.Locale.ROOT));
              body.append(at % 2 == 0 ? ";name=\"value\"\r\n" : "\r\n");
              body.append(new String(OBJECT, at, end - at, StandardCharsets.ISO_8859_1));
              body.append("\r\n");
            }
            client.send(body + "000\r\nTrailer: x\r\n\r\n");
          }
        };
    try (ScriptedServer server = ScriptedServer.plain(chunked)) {
      assertReads(server, 10, 70_010);
      assertReads(server, 10, 70_010);
      assertEquals(1, server.accepted());
    }
  }

  @Test
  void takesTheWholeObjectWhenAllOfItWasAsked() throws Exception {
    String head = "HTTP/1.1 200 OK\r\nETag: \"v1\"\r\n";
    String body = text(0, 500);
    assertAnswerReads(head + "Content-Length: 500\r\n\r\n" + body, 0, 500);
    assertAnswerReads(
        head + "Transfer-Encoding: chunked\r\n\r\n1f4\r\n" + body + "\r\n0\r\n\r\n", 0, 500);
    assertAnswerReads(head + "\r\n" + body, 0, 500);
    assertAnswerReads("HTTP/1.0 200 OK\r\nETag: \"v1\"\r\n\r\n" + body, 0, 500);
  }

  @Test
  void refusesAnAnswerThatIgnoresTheRange() throws Exception {
    String head = "HTTP/1.1 200 OK\r\nETag: \"v1\"\r\n";
    assertAnswerFails(Kind.CORRUPT, head + "Content-Length: 500\r\n\r\n" + text(0, 500), 0, 400);
    assertAnswerFails(Kind.CORRUPT, head + "Content-Length: 500\r\n\r\n" + text(0, 500), 100, 600);
    assertAnswerFails(Kind.CORRUPT, head + "\r\n" + text(0, 500), 0, 400);
    assertAnswerFails(Kind.CORRUPT, head + "Content-Length: 0\r\n\r\n", 0, 400);
    assertAnswerFails(
        Kind.CORRUPT,
        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>",
        0,
        6);
  }

  @Test
  void refusesBytesOfAnotherRange() throws Exception {
    String head = "HTTP/1.1 206 Partial Content\r\nETag: \"v1\"\r\nContent-Length: 100\r\n";
    for (String range :
        List.of(
            "Content-Range: bytes 1-100/300000\r\n",
            "Content-Range: bytes 0-98/300000\r\n",
            "Content-Range: bytes 0-100/300000\r\n",
            "Content-Range: bytes */300000\r\n",
            "Content-Range: lines 0-99/300000\r\n",
            "Content-Range: bytes 0-99999999999999999999/300000\r\n",
            "Content-Range: \r\n",
            "")) {
      assertAnswerFails(Kind.CORRUPT, head + range + "\r\n" + text(0, 100), 0, 100);
    }
  }

  @Test
  void refusesBytesOfAnotherVersion() throws Exception {
    String head = "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-99/300000\r\n";
    String rest = "Content-Length: 100\r\n\r\n" + text(0, 100);
    assertAnswerFails(Kind.PRECONDITION_FAILED, head + "ETag: \"v2\"\r\n" + rest, 0, 100);
    assertAnswerFails(Kind.PRECONDITION_FAILED, head + "ETag: W/\"v1\"\r\n" + rest, 0, 100);
    assertAnswerFails(Kind.CORRUPT, head + rest, 0, 100);
    assertAnswerReads(head + "etag: v1\r\n" + rest, 0, 100);
  }

  @Test
  void refusesALengthThatDoesNotFitTheRange() throws Exception {
    String head =
        "HTTP/1.1 206 P\r\nETag: \"v1\"\r\nContent-Range: bytes 0-99/300000\r\nConnection: close\r\n";
    for (String length : List.of("99", "101", "-100", "0x64", "", "100\r\nContent-Length: 99")) {
      assertAnswerFails(
          Kind.CORRUPT, head + "Content-Length: " + length + "\r\n\r\n" + text(0, 101), 0, 100);
    }
    String chunked = head + "Transfer-Encoding: chunked\r\n\r\n";
    for (String body :
        List.of(
            "63\r\n" + text(0, 99) + "\r\n0\r\n\r\n",
            "64\r\n" + text(0, 100) + "\r\n1\r\nx\r\n0\r\n\r\n",
            "64\r\n" + text(0, 101) + "\r\n0\r\n\r\n",
            "xyz\r\n",
            "\r\n",
            "-1\r\n",
            "ffffffffffffffffffff\r\n",
            "1".repeat(10_000))) {
      assertAnswerFails(Kind.CORRUPT, chunked + body, 0, 100);
    }
    assertAnswerFails(Kind.CORRUPT, head + "\r\n" + text(0, 99), 0, 100);
    assertAnswerFails(Kind.CORRUPT, head + "\r\n" + text(0, 101), 0, 100);
    assertAnswerFails(
        Kind.CORRUPT, head + "Transfer-Encoding: gzip\r\n\r\n" + text(0, 100), 0, 100);
  }

  @Test
  void takesOddButHarmlessHeads() throws Exception {
    assertAnswerReads(
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"
            + head206("Content-Length: 100\r\n")
            + text(0, 100),
        0,
        100);
    assertAnswerReads(
        head206("Content-Length: 100\r\nContent-Length: 100\r\n") + text(0, 100), 0, 100);
    assertAnswerReads(head206("Content-Length: 100, 100\r\n") + text(0, 100), 0, 100);
    assertAnswerReads(
        "HTTP/1.1 206\nETag: \"v1\"\nContent-Range: bytes 0-99/*\nContent-Length:100\n\n"
            + text(0, 100),
        0,
        100);
    assertAnswerReads(
        head206(
                "no colon here\r\n: no name\r\nX: folded\r\n  value\r\nX:\r\nContent-length :  100 \r\n")
            + text(0, 100),
        0,
        100);
    assertAnswerReads(
        head206("X-Many: y\r\n".repeat(300) + "Content-Length: 100\r\n") + text(0, 100), 0, 100);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "garbage",
        "<html><body>hello</body></html>\n\n",
        "HTTP/2 200\r\n\r\n",
        "HTTP/1.1 2xx OK\r\n\r\n",
        "HTTP/1.1 2060 OK\r\n\r\n",
        "HTTP/1.1\r\n\r\n",
        "HTTP/1.1 101 Switching Protocols\r\n\r\n",
        "\r\nHTTP/1.1 206 OK\r\n\r\n"
      })
  void refusesWhatIsNotHttp(String answer) throws Exception {
    assertAnswerFails(Kind.CORRUPT, answer, 0, 100);
  }

  @Test
  void refusesEndlessHeads() throws Exception {
    assertAnswerFails(Kind.CORRUPT, head206("X: " + "y".repeat(20_000) + "\r\n"), 0, 100);
    assertAnswerFails(Kind.CORRUPT, "HTTP/1.1 100 Continue\r\n\r\n".repeat(100), 0, 100);
  }

  @Test
  void reportsABrokenConnection() throws Exception {
    long[] announced = new long[1];
    Script breaks =
        client -> {
          client.awaitRequest();
          client.send(head206(0, 100_000, "Content-Length: 100000\r\n"));
          client.send(OBJECT, 0, 60_000);
        };
    try (ScriptedServer server = ScriptedServer.plain(breaks)) {
      StorageException failure =
          assertThrows(
              StorageException.class,
              () ->
                  reader.read(
                      request(server, 0, 100_000),
                      direct(100_000),
                      bytes -> announced[0] = bytes,
                      ERRORS));
      assertEquals(Kind.UNREACHABLE, failure.kind());
      assertEquals(60_000, announced[0]);
    }
    assertAnswerFails(Kind.UNREACHABLE, "HTTP/1.1 206 Part", 0, 100);
    assertAnswerFails(
        Kind.UNREACHABLE,
        head206("Transfer-Encoding: chunked\r\n") + "64\r\n" + text(0, 50),
        0,
        100);
  }

  @Test
  void announcesTheEndOfAnAnswerOfUnknownLengthOnlyWhenItIsThere() throws Exception {
    List<Long> announced = new ArrayList<>();
    Script tooLong =
        client -> {
          client.awaitRequest();
          client.send(head206("") + text(0, 100) + "more");
        };
    try (ScriptedServer server = ScriptedServer.plain(tooLong)) {
      assertThrows(
          StorageException.class,
          () -> reader.read(request(server, 0, 100), direct(100), announced::add, ERRORS));
      assertFalse(announced.contains(100L));
    }
  }

  @Test
  void doesNotKeepAConnectionWithBytesLeftInIt() throws Exception {
    Script talkative =
        client -> {
          client.awaitRequest();
          client.send(head206("Content-Length: 100\r\n") + text(0, 100) + "surplus");
          client.awaitEnd();
        };
    try (ScriptedServer server = ScriptedServer.plain(talkative, RangeReaderTest::serve)) {
      assertReads(server, 0, 100);
      assertReads(server, 0, 100);
      assertEquals(2, server.accepted());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"nothing", "head", "body", "drip"})
  void givesUpWithoutProgress(String how) throws Exception {
    options(
        RangeReaderOptions.DEFAULTS.withTimeouts(Duration.ofSeconds(5), Duration.ofMillis(300)));
    CountDownLatch done = new CountDownLatch(1);
    Script stalls =
        client -> {
          client.awaitRequest();
          switch (how) {
            case "head" -> client.send("HTTP/1.1 206 Partial Content\r\nETag");
            case "body" -> client.send(head206("Content-Length: 100\r\n") + text(0, 99));
            case "drip" -> {
              client.send(head206(0, 100_000, "Content-Length: 100000\r\n"));
              int at = 0;
              while (!done.await(20, TimeUnit.MILLISECONDS)) {
                client.send(OBJECT, at, ++at);
              }
            }
            default -> {}
          }
          client.awaitEnd();
        };
    try (ScriptedServer server = ScriptedServer.plain(stalls)) {
      StorageException failure =
          assertFails(Kind.TIMEOUT, server, 0, how.equals("drip") ? 100_000 : 100);
      assertTrue(message(failure).contains("no progress"), failure.getMessage());
    } finally {
      done.countDown();
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void endsPromptlyWhenInterrupted(boolean virtual) throws Exception {
    Script stalls =
        client -> {
          client.awaitRequest();
          client.send(head206("Content-Length: 100\r\n") + text(0, 50));
          client.awaitEnd();
        };
    try (ScriptedServer server = ScriptedServer.plain(stalls, RangeReaderTest::serve)) {
      CountDownLatch halfWay = new CountDownLatch(1);
      AtomicBoolean status = new AtomicBoolean();
      FutureTask<StorageException> read =
          new FutureTask<>(
              () -> {
                StorageException failure =
                    assertThrows(
                        StorageException.class,
                        () ->
                            reader.read(
                                request(server, 0, 100),
                                direct(100),
                                bytes -> halfWay.countDown(),
                                ERRORS));
                status.set(Thread.currentThread().isInterrupted());
                return failure;
              });
      Thread thread = virtual ? Thread.ofVirtual().start(read) : Thread.ofPlatform().start(read);
      assertTrue(halfWay.await(10, TimeUnit.SECONDS));
      thread.interrupt();
      assertEquals(Kind.CANCELLED, read.get(10, TimeUnit.SECONDS).kind());
      assertTrue(status.get());
      assertReads(server, 0, 100);
    }
  }

  @Test
  void doesNotSpendAConnectionOnAnInterruptedThread() throws Exception {
    try (ScriptedServer server = ScriptedServer.plain(RangeReaderTest::serve)) {
      assertReads(server, 0, 100);
      Thread.currentThread().interrupt();
      assertFails(Kind.CANCELLED, server, 0, 100);
      assertTrue(Thread.interrupted());
      assertReads(server, 0, 100);
      assertEquals(1, server.accepted());
    }
  }

  @Test
  void closeEndsReadsUnderWay() throws Exception {
    CountDownLatch asked = new CountDownLatch(1);
    Script silent =
        client -> {
          client.awaitRequest();
          asked.countDown();
          client.awaitEnd();
        };
    try (ScriptedServer server = ScriptedServer.plain(silent)) {
      FutureTask<StorageException> read =
          new FutureTask<>(() -> assertFails(Kind.CANCELLED, server, 0, 100));
      Thread.ofVirtual().start(read);
      assertTrue(asked.await(10, TimeUnit.SECONDS));
      reader.close();
      read.get(10, TimeUnit.SECONDS);
      assertFails(Kind.CANCELLED, server, 0, 100);
      reader.close();
    }
  }

  @Test
  void handsErrorAnswersToTheTransport() throws Exception {
    StorageException failure =
        assertAnswerFails(
            Kind.NOT_FOUND,
            "HTTP/1.1 404 Not Found\r\nContent-Length: 9\r\n\r\n<gone/>\u00c3\u00a9",
            0,
            100);
    assertTrue(message(failure).endsWith("<gone/>\u00e9"), failure.getMessage());
    assertAnswerFails(
        Kind.SERVER_ERROR,
        "HTTP/1.1 500 Oops\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        0,
        100);
    assertAnswerFails(
        Kind.SERVER_ERROR, "HTTP/1.1 503 Slow\r\nContent-Length: 100\r\n\r\nshort", 0, 100);
    assertAnswerFails(Kind.SERVER_ERROR, "HTTP/1.1 304 Not Modified\r\n\r\n", 0, 100);
    StorageException long1 =
        assertAnswerFails(
            Kind.SERVER_ERROR,
            "HTTP/1.1 500 Oops\r\nContent-Length: 200000\r\n\r\n" + "x".repeat(200_000),
            0,
            100);
    assertTrue(message(long1).length() < ErrorAnswer.MAX_BODY + 20);
    StorageException redirect =
        assertAnswerFails(
            Kind.SERVER_ERROR,
            "HTTP/1.1 307 Moved\r\nLocation: https://elsewhere/\r\nContent-Length: 0\r\n\r\n",
            0,
            100);
    assertTrue(message(redirect).contains("https://elsewhere/"));
  }

  @Test
  void keepsTheConnectionAfterAnError() throws Exception {
    Script errorFirst =
        client -> {
          client.awaitRequest();
          client.send("HTTP/1.1 404 Not Found\r\nContent-Length: 3\r\n\r\nabc");
          serve(client);
        };
    try (ScriptedServer server = ScriptedServer.plain(errorFirst)) {
      assertFails(Kind.NOT_FOUND, server, 0, 100);
      assertReads(server, 0, 100);
      assertEquals(1, server.accepted());
    }
  }

  @Test
  void saysWhatToCheckWhenTheEndpointIsWrong() throws Exception {
    int port;
    try (ServerSocket unused = new ServerSocket(0)) {
      port = unused.getLocalPort();
    }
    StorageException refused =
        assertFails(Kind.UNREACHABLE, new Endpoint(false, "127.0.0.1", port));
    assertTrue(message(refused).contains("127.0.0.1:" + port), refused.getMessage());
    StorageException unknown =
        assertFails(Kind.UNREACHABLE, new Endpoint(false, "no-such-host.invalid", 80));
    assertTrue(message(unknown).contains("no-such-host.invalid"), unknown.getMessage());
  }

  @Test
  void sendsNoHeaderWithALineBreak() throws Exception {
    try (ScriptedServer server = ScriptedServer.plain(RangeReaderTest::serve)) {
      for (Map<String, String> headers :
          List.of(Map.of("X", "a\r\nInjected: b"), Map.of("X\n", "a"), Map.of("X", "\u00e9"))) {
        RangeRequest request =
            new RangeRequest(endpoint(server), "/x", headers, new ByteRange(0, 5), "v1", "read");
        StorageException failure =
            assertThrows(
                StorageException.class,
                () -> reader.read(request, direct(5), ReadProgress.NONE, ERRORS));
        assertEquals(Kind.INVALID_REQUEST, failure.kind());
      }
      assertEquals(List.of(), server.requests);
    }
  }

  @Test
  void neverPutsAuthorizationIntoAMessage() throws Exception {
    try (ScriptedServer server = ScriptedServer.plain(client -> client.awaitRequest())) {
      RangeRequest request =
          new RangeRequest(
              endpoint(server),
              "/x",
              Map.of("Authorization", "sesame"),
              new ByteRange(0, 5),
              "v1",
              "read of x");
      StorageException failure =
          assertThrows(
              StorageException.class,
              () -> reader.read(request, direct(5), ReadProgress.NONE, ERRORS));
      assertFalse(message(failure).contains("sesame"));
      assertFalse(request.toString().contains("sesame"));
    }
  }

  @Test
  void refusesMemoryThatDoesNotFit() throws Exception {
    try (ScriptedServer server = ScriptedServer.plain(RangeReaderTest::serve)) {
      for (ByteBuffer[] target : List.of(direct(99), new ByteBuffer[] {ByteBuffer.allocate(100)})) {
        assertThrows(
            IllegalArgumentException.class,
            () -> reader.read(request(server, 0, 100), target, ReadProgress.NONE, ERRORS));
      }
    }
  }

  @Test
  void readsManyRangesAtOnce() throws Exception {
    try (ScriptedServer server = ScriptedServer.plain(RangeReaderTest::serve)) {
      List<FutureTask<Boolean>> reads = new ArrayList<>();
      for (int i = 0; i < 32; i++) {
        int from = i * 100;
        FutureTask<Boolean> read =
            new FutureTask<>(
                () -> {
                  for (int round = 0; round < 10; round++) {
                    assertReads(server, from + round, from + round + 200_000);
                  }
                  return true;
                });
        reads.add(read);
        Thread.ofVirtual().start(read);
      }
      for (FutureTask<Boolean> read : reads) {
        assertTrue(read.get(30, TimeUnit.SECONDS));
      }
      assertTrue(server.accepted() <= 32);
    }
  }

  private void options(RangeReaderOptions options) {
    reader.close();
    reader = new RangeReader(options);
  }

  /** Answers every request rightly. */
  static void serve(Peer client) throws IOException {
    for (String request = client.awaitRequest(); request != null; request = client.awaitRequest()) {
      String range = request.replaceAll("(?is).*\\r\\nrange: bytes=([0-9-]+)\\r\\n.*", "$1");
      int dash = range.indexOf('-');
      answerRange(
          client,
          Integer.parseInt(range.substring(0, dash)),
          Integer.parseInt(range.substring(dash + 1)) + 1);
    }
  }

  private static void answerRange(Peer client, int from, int to) throws IOException {
    client.send(head206(from, to, "Content-Length: " + (to - from) + "\r\n"));
    client.send(OBJECT, from, to);
  }

  private static String head206(String more) {
    return head206(0, 100, more);
  }

  private static String head206(int from, int to, String more) {
    return "HTTP/1.1 206 Partial Content\r\nETag: \"v1\"\r\nContent-Range: bytes %d-%d/300000\r\n%s\r\n"
        .formatted(from, to - 1, more);
  }

  private static String text(int from, int to) {
    return new String(OBJECT, from, to - from, StandardCharsets.ISO_8859_1);
  }

  private void assertAnswerReads(String answer, int from, int to) throws Exception {
    try (ScriptedServer server = ScriptedServer.plain(once(answer))) {
      assertReads(server, from, to);
    }
  }

  private StorageException assertAnswerFails(Kind kind, String answer, int from, int to)
      throws Exception {
    try (ScriptedServer server = ScriptedServer.plain(once(answer))) {
      return assertFails(kind, server, from, to);
    }
  }

  private static String message(StorageException failure) {
    return String.valueOf(failure.getMessage());
  }

  private static Script once(String answer) {
    return client -> {
      client.awaitRequest();
      client.send(answer);
      client.socket().shutdownOutput();
      client.awaitEnd();
    };
  }

  private void assertReads(ScriptedServer server, int from, int to) throws StorageException {
    ByteBuffer[] target = direct(to - from);
    reader.read(request(server, from, to), target, ReadProgress.NONE, ERRORS);
    assertArrayEquals(Arrays.copyOfRange(OBJECT, from, to), content(target, new int[1], to - from));
  }

  private StorageException assertFails(Kind kind, ScriptedServer server, int from, int to) {
    return assertFails(kind, endpoint(server), from, to);
  }

  private StorageException assertFails(Kind kind, Endpoint endpoint) {
    return assertFails(kind, endpoint, 0, 100);
  }

  private StorageException assertFails(Kind kind, Endpoint endpoint, int from, int to) {
    StorageException failure =
        assertThrows(
            StorageException.class,
            () ->
                reader.read(
                    request(endpoint, from, to), direct(to - from), ReadProgress.NONE, ERRORS));
    assertEquals(kind, failure.kind(), failure.getMessage());
    return failure;
  }

  private static Endpoint endpoint(ScriptedServer server) {
    return new Endpoint(false, "127.0.0.1", server.port());
  }

  private static RangeRequest request(ScriptedServer server, int from, int to) {
    return request(endpoint(server), from, to);
  }

  private static RangeRequest request(Endpoint endpoint, int from, int to) {
    return new RangeRequest(
        endpoint,
        "/bucket/a//b/../c%20d",
        Map.of(),
        new ByteRange(from, to),
        "v1",
        "read of s3://bucket/a//b/../c d");
  }

  private static ByteBuffer[] direct(int length) {
    return new ByteBuffer[] {ByteBuffer.allocateDirect(length)};
  }

  private static byte[] content(ByteBuffer[] target, int[] starts, int length) {
    byte[] content = new byte[length];
    int at = 0;
    for (int i = 0; i < target.length && at < length; i++) {
      int count = Math.min(length - at, target[i].limit() - starts[i]);
      target[i].get(starts[i], content, at, count);
      at += count;
    }
    return content;
  }
}
