// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.http;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluicefs.http.ScriptedServer.Peer;
import io.sluicefs.http.ScriptedServer.Script;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import io.sluicefs.spi.transport.UploadBody;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class BodySenderTest {
  private static final byte[] OBJECT = new byte[3_000_000];

  static {
    new Random(3).nextBytes(OBJECT);
  }

  private static final ErrorAnswers ERRORS =
      (request, answer) ->
          new StorageException(
              answer.status() == 403 ? Kind.ACCESS_DENIED : Kind.SERVER_ERROR,
              answer.status() + " " + answer.body());

  private static final String OK =
      "HTTP/1.1 200 OK\r\nETag: \"v1\"\r\nContent-Length: 5\r\n\r\nfine!";

  private final Arena arena = Arena.ofShared();
  private final List<byte[]> bodies = new CopyOnWriteArrayList<>();
  private RangeReader connections = new RangeReader(RangeReaderOptions.DEFAULTS);
  private BodySender sender = connections.sender(Duration.ofSeconds(20));

  @AfterEach
  void close() {
    connections.close();
    arena.close();
  }

  @ParameterizedTest
  @CsvSource({"0,0", "0,1", "1,1", "1000,3", "3000000,1", "3000000,2", "3000000,700"})
  void sendsEverySegmentAndReturnsTheAnswer(int length, int segments) throws Exception {
    try (ScriptedServer server = ScriptedServer.plain(this::take)) {
      for (int round = 0; round < 3; round++) {
        Receipt receipt = sender.send(request(server, body(length, segments)), ERRORS);
        assertEquals(200, receipt.status());
        assertEquals("\"v1\"", receipt.header("etag"));
        assertEquals("fine!", receipt.body());
        assertArrayEquals(Arrays.copyOf(OBJECT, length), bodies.getLast());
      }
      assertEquals(1, server.accepted());
      String sent = server.requests.getFirst();
      assertTrue(sent.startsWith("PUT /bucket/a//b/../c%20d?partNumber=1 HTTP/1.1\r\n"), sent);
      assertTrue(sent.contains("\r\nContent-Length: " + length + "\r\n"), sent);
      assertTrue(sent.contains("\r\nx-signed: yes\r\n"), sent);
      assertTrue(sent.contains("\r\nHost: 127.0.0.1:" + server.port() + "\r\n"), sent);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "TLSv1.3,0,1",
    "TLSv1.3,1,1",
    "TLSv1.3,3000000,1",
    "TLSv1.3,3000000,700",
    "TLSv1.2,3000000,3"
  })
  void sendsOverTls(String protocol, int length, int segments, @TempDir Path folder)
      throws Exception {
    TestCertificate certificate = TestCertificate.of(folder, "ip:127.0.0.1");
    connections.close();
    connections =
        new RangeReader(
            RangeReaderOptions.DEFAULTS.withCertificates(
                TrustedCertificates.systemAnd(certificate.pem())));
    sender = connections.sender(Duration.ofSeconds(20));
    try (ScriptedServer server = new ScriptedServer(certificate.sockets(protocol), this::take)) {
      for (int round = 0; round < 2; round++) {
        BodyRequest request =
            new BodyRequest(
                new Endpoint(true, "127.0.0.1", server.port()),
                "/x",
                Map.of(),
                body(length, segments),
                "put of x");
        assertEquals(200, sender.send(request, ERRORS).status());
        assertArrayEquals(Arrays.copyOf(OBJECT, length), bodies.getLast());
      }
      assertEquals(1, server.accepted());
    }
  }

  @Test
  void repeatsTheWholeBodyWhenAKeptConnectionEndsBeforeAnAnswer() throws Exception {
    Script endsAtSecondRequest =
        client -> {
          receive(client);
          client.send(OK);
          client.awaitRequest();
        };
    try (ScriptedServer server = ScriptedServer.plain(endsAtSecondRequest, this::take)) {
      sender.send(request(server, body(100, 1)), ERRORS);
      sender.send(request(server, body(2_000_000, 3)), ERRORS);
      assertArrayEquals(Arrays.copyOf(OBJECT, 2_000_000), bodies.getLast());
      assertEquals(2, server.accepted());
    }
  }

  @Test
  void doesNotRepeatOnAFreshConnection() throws Exception {
    try (ScriptedServer server = ScriptedServer.plain(client -> client.awaitRequest())) {
      assertFails(Kind.UNREACHABLE, server, 2_000_000);
      assertEquals(1, server.accepted());
    }
  }

  @Test
  void hearsARefusalThatComesBeforeTheBodyIsRead() throws Exception {
    Script refuses =
        client -> {
          client.awaitRequest();
          client.send("HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno");
        };
    try (ScriptedServer server = ScriptedServer.plain(refuses)) {
      StorageException failure = assertFails(Kind.ACCESS_DENIED, server, 3_000_000);
      assertEquals("403 no", failure.getMessage());
    }
  }

  @Test
  void keepsTheConnectionAfterARefusal() throws Exception {
    Script refusesOnce =
        client -> {
          receive(client);
          client.send("HTTP/1.1 503 Slow Down\r\nContent-Length: 4\r\n\r\nbusy");
          take(client);
        };
    try (ScriptedServer server = ScriptedServer.plain(refusesOnce)) {
      assertFails(Kind.SERVER_ERROR, server, 1000);
      sender.send(request(server, body(1000, 1)), ERRORS);
      assertEquals(1, server.accepted());
    }
  }

  @Test
  void givesUpAServerThatStopsReading() throws Exception {
    timeouts(Duration.ofMillis(300), Duration.ofSeconds(50));
    try (ScriptedServer server = ScriptedServer.plain(BodySenderTest::stall);
        Arena large = Arena.ofShared()) {
      UploadBody body = new UploadBody(List.of(large.allocate(64 << 20)));
      StorageException failure =
          assertThrows(StorageException.class, () -> sender.send(request(server, body), ERRORS));
      assertEquals(Kind.TIMEOUT, failure.kind(), failure.getMessage());
    }
  }

  @Test
  void givesUpAServerThatDoesNotAnswer() throws Exception {
    timeouts(Duration.ofSeconds(50), Duration.ofMillis(300));
    Script silent =
        client -> {
          receive(client);
          client.awaitEnd();
        };
    try (ScriptedServer server = ScriptedServer.plain(silent)) {
      StorageException failure = assertFails(Kind.TIMEOUT, server, 1000);
      String message = String.valueOf(failure.getMessage());
      assertTrue(message.contains("300 ms, 1000 of 1000 bytes sent"), message);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void anInterruptEndsASend(boolean virtual) throws Exception {
    CountDownLatch arrived = new CountDownLatch(1);
    Script stalls =
        client -> {
          client.awaitRequest();
          arrived.countDown();
          Thread.sleep(Duration.ofSeconds(50)); // until the server closes
        };
    try (ScriptedServer server = ScriptedServer.plain(stalls, this::take);
        Arena large = Arena.ofShared()) {
      UploadBody body = new UploadBody(List.of(large.allocate(64 << 20)));
      AtomicBoolean status = new AtomicBoolean();
      FutureTask<StorageException> sending =
          new FutureTask<>(
              () -> {
                StorageException failure =
                    assertThrows(
                        StorageException.class, () -> sender.send(request(server, body), ERRORS));
                status.set(Thread.currentThread().isInterrupted());
                return failure;
              });
      Thread thread =
          virtual ? Thread.ofVirtual().start(sending) : Thread.ofPlatform().start(sending);
      assertTrue(arrived.await(10, TimeUnit.SECONDS));
      thread.interrupt();
      assertEquals(Kind.CANCELLED, sending.get(20, TimeUnit.SECONDS).kind());
      assertTrue(status.get());
      sender.send(request(server, body(10, 1)), ERRORS);
    }
  }

  @Test
  void refusesMemoryOfTheHeap() throws Exception {
    try (ScriptedServer server = ScriptedServer.plain(this::take)) {
      UploadBody body = new UploadBody(List.of(MemorySegment.ofArray(new byte[10])));
      assertThrows(
          IllegalArgumentException.class, () -> sender.send(request(server, body), ERRORS));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nshort",
        "HTTP/1.1 200 OK\r\nContent-Le",
      })
  void anAnswerThatEndsTooEarlyIsAFailure(String answer) throws Exception {
    Script cutsShort =
        client -> {
          receive(client);
          client.send(answer);
        };
    try (ScriptedServer server = ScriptedServer.plain(cutsShort)) {
      assertFails(Kind.UNREACHABLE, server, 1000);
    }
  }

  private StorageException assertFails(Kind kind, ScriptedServer server, int length) {
    StorageException failure =
        assertThrows(
            StorageException.class, () -> sender.send(request(server, body(length, 2)), ERRORS));
    assertEquals(kind, failure.kind(), failure.getMessage());
    return failure;
  }

  private void timeouts(Duration noProgress, Duration answer) {
    connections.close();
    connections =
        new RangeReader(
            RangeReaderOptions.DEFAULTS.withTimeouts(Duration.ofSeconds(5), noProgress));
    sender = connections.sender(answer);
  }

  private static void stall(Peer client) throws IOException, InterruptedException {
    client.awaitRequest();
    Thread.sleep(Duration.ofSeconds(50)); // until the server closes
  }

  private void take(Peer client) throws IOException {
    while (receive(client)) {
      client.send("HTTP/1.1 100 Continue\r\n\r\n" + OK);
    }
  }

  private boolean receive(Peer client) throws IOException {
    String head = client.awaitRequest();
    if (head == null) {
      return false;
    }
    int start = head.indexOf("Content-Length: ") + "Content-Length: ".length();
    int length = Integer.parseInt(head.substring(start, head.indexOf('\r', start)));
    bodies.add(client.socket().getInputStream().readNBytes(length));
    return true;
  }

  private static BodyRequest request(ScriptedServer server, UploadBody body) {
    return new BodyRequest(
        new Endpoint(false, "127.0.0.1", server.port()),
        "/bucket/a//b/../c%20d?partNumber=1",
        Map.of("x-signed", "yes"),
        body,
        "put of s3://bucket/x");
  }

  private UploadBody body(int length, int segments) {
    List<MemorySegment> list = new ArrayList<>();
    for (int i = 0; i < segments; i++) {
      int from = (int) ((long) length * i / segments);
      int to = (int) ((long) length * (i + 1) / segments);
      MemorySegment segment = arena.allocate(to - from);
      MemorySegment.copy(OBJECT, from, segment, ValueLayout.JAVA_BYTE, 0, to - from);
      list.add(segment);
    }
    return new UploadBody(list);
  }
}
