// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.http;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluicefs.http.QueryRequest.Method;
import io.sluicefs.http.ScriptedServer.Script;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class QuerySenderTest {
  private static final int LIMIT = 100_000;
  private static final ErrorAnswers ERRORS =
      (request, answer) ->
          new StorageException(
              answer.status() == 404 ? Kind.NOT_FOUND : Kind.SERVER_ERROR,
              answer.status() + " " + answer.body());

  private final RangeReader connections = new RangeReader(RangeReaderOptions.DEFAULTS);
  private final QuerySender sender = connections.queries(Duration.ofSeconds(20), LIMIT);

  @AfterEach
  void close() {
    connections.close();
  }

  private Answer send(ScriptedServer server, Method method) throws StorageException {
    Endpoint endpoint = new Endpoint(false, "127.0.0.1", server.port());
    return sender.send(
        new QueryRequest(
            method, endpoint, "/a//b?x=%20", Map.of("x-signed", "yes"), "query of a//b"),
        ERRORS);
  }

  private StorageException failure(ScriptedServer server) {
    return assertThrows(StorageException.class, () -> send(server, Method.GET));
  }

  /** Answers every request of a connection alike. */
  private static Script answering(String answer) {
    return client -> {
      while (client.awaitRequest() != null) {
        client.send(answer);
      }
    };
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 8192, 8193, 50_000, LIMIT})
  void readsTheWholeBodyHoweverItIsFramed(int length) throws Exception {
    String text = "x".repeat(length);
    String framed = "Content-Length: " + length + "\r\n\r\n" + text;
    String chunk = length == 0 ? "" : Integer.toHexString(length) + "\r\n" + text + "\r\n";
    String chunked = "Transfer-Encoding: chunked\r\n\r\n" + chunk + "0\r\n\r\n";
    for (String answer : new String[] {framed, chunked}) {
      try (ScriptedServer server =
          ScriptedServer.plain(answering("HTTP/1.1 200 OK\r\nX-A: b\r\n" + answer))) {
        for (int round = 0; round < 3; round++) {
          Answer got = send(server, Method.GET);
          assertArrayEquals(text.getBytes(StandardCharsets.ISO_8859_1), got.body());
          assertEquals("b", got.header("x-a"));
        }
        assertEquals(1, server.accepted());
        String sent = server.requests.getFirst();
        assertTrue(sent.startsWith("GET /a//b?x=%20 HTTP/1.1\r\n"), sent);
        assertTrue(sent.contains("\r\nx-signed: yes\r\n"), sent);
      }
    }
  }

  @Test
  void anAnswerToHeadHasNoBodyWhateverItsLengthSays() throws Exception {
    try (ScriptedServer server =
        ScriptedServer.plain(answering("HTTP/1.1 200 OK\r\nContent-Length: 12345678\r\n\r\n"))) {
      for (int round = 0; round < 3; round++) {
        Answer answer = send(server, Method.HEAD);
        assertEquals("12345678", answer.header("content-length"));
        assertEquals(0, answer.body().length);
      }
      assertEquals(1, server.accepted());
    }
  }

  @Test
  void anErrorAnswerToHeadHasNoBodyEither() throws Exception {
    try (ScriptedServer server =
        ScriptedServer.plain(answering("HTTP/1.1 404 Not Found\r\nContent-Length: 200\r\n\r\n"))) {
      for (int round = 0; round < 2; round++) {
        StorageException failure =
            assertThrows(StorageException.class, () -> send(server, Method.HEAD));
        assertEquals(Kind.NOT_FOUND, failure.kind());
      }
      assertEquals(1, server.accepted());
    }
  }

  @Test
  void anErrorIsToldWithItsBodyAndKeepsTheConnection() throws Exception {
    try (ScriptedServer server =
        ScriptedServer.plain(
            answering("HTTP/1.1 503 Slow Down\r\nContent-Length: 4\r\n\r\nbusy"))) {
      assertEquals("503 busy", failure(server).getMessage());
      assertEquals("503 busy", failure(server).getMessage());
      assertEquals(1, server.accepted());
    }
  }

  @Test
  void readsNoMoreThanAgreed() throws Exception {
    String text = "x".repeat(LIMIT + 1);
    try (ScriptedServer server =
        ScriptedServer.plain(
            answering("HTTP/1.1 200 OK\r\nContent-Length: " + text.length() + "\r\n\r\n" + text))) {
      StorageException failure = failure(server);
      assertEquals(Kind.CORRUPT, failure.kind());
      assertTrue(String.valueOf(failure.getMessage()).contains("exceeds 100000 bytes"));
    }
  }

  @Test
  void aBodyCutShortIsAFailure() throws Exception {
    Script cut =
        client -> {
          client.awaitRequest();
          client.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
        };
    try (ScriptedServer server = ScriptedServer.plain(cut)) {
      assertEquals(Kind.UNREACHABLE, failure(server).kind());
    }
  }

  @Test
  void aKeptConnectionThatEndedIsReplacedOnce() throws Exception {
    Script endsAtSecondRequest =
        client -> {
          client.awaitRequest();
          client.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
          client.awaitRequest();
        };
    try (ScriptedServer server = ScriptedServer.plain(endsAtSecondRequest)) {
      assertEquals(2, send(server, Method.GET).body().length);
      assertEquals(2, send(server, Method.GET).body().length);
      assertEquals(2, server.accepted());
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 200_000})
  void aDocumentGoesAsAWhole(int length) throws Exception {
    byte[] document = "d".repeat(length).getBytes(StandardCharsets.ISO_8859_1);
    try (ScriptedServer server = ScriptedServer.plain(takingBodies(length))) {
      for (int round = 0; round < 2; round++) {
        assertEquals(
            "took it", new String(post(server, document, true).body(), StandardCharsets.UTF_8));
      }
      assertEquals(1, server.accepted());
      String head = server.requests.getFirst();
      assertTrue(head.startsWith("POST /a HTTP/1.1\r\n"), head);
      assertTrue(head.contains("\r\nContent-Length: " + length + "\r\n"), head);
    }
  }

  private static Script takingBodies(int length) {
    return client -> {
      while (client.awaitRequest() != null) {
        byte[] _ = client.socket().getInputStream().readNBytes(length);
        client.send("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\ntook it");
      }
    };
  }

  private Answer post(ScriptedServer server, byte[] document, boolean repeatable)
      throws StorageException {
    Endpoint endpoint = new Endpoint(false, "127.0.0.1", server.port());
    return sender.send(
        new QueryRequest(Method.POST, endpoint, "/a", Map.of(), document, "post", repeatable),
        ERRORS);
  }

  @Test
  void whatMayNotBeRepeatedIsNot() throws Exception {
    Script endsAtSecondRequest =
        client -> {
          client.awaitRequest();
          client.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
          client.awaitRequest();
        };
    try (ScriptedServer server = ScriptedServer.plain(endsAtSecondRequest)) {
      assertEquals(2, post(server, new byte[0], false).body().length);
      StorageException failure =
          assertThrows(StorageException.class, () -> post(server, new byte[0], false));
      assertEquals(Kind.UNREACHABLE, failure.kind());
      assertEquals(1, server.accepted());
    }
  }

  @Test
  void anAnswerThatDripsEndsWithItsTime() throws Exception {
    Script drips =
        client -> {
          client.awaitRequest();
          client.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
          while (true) {
            client.send("1\r\n \r\n");
          }
        };
    QuerySender slow = connections.queries(Duration.ofSeconds(20), Duration.ofMillis(50), 1 << 30);
    try (ScriptedServer server = ScriptedServer.plain(drips)) {
      assertTimesOut(slow, server);
    }
  }

  @Test
  void anAnswerThatFallsSilentIsNotWaitedForToTheEndOfItsTime() throws Exception {
    Script falls =
        client -> {
          client.awaitRequest();
          client.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n ");
          client.awaitEnd();
        };
    QuerySender slow = connections.queries(Duration.ofMillis(100), Duration.ofHours(1), LIMIT);
    try (ScriptedServer server = ScriptedServer.plain(falls)) {
      assertTimesOut(slow, server);
    }
  }

  private static void assertTimesOut(QuerySender slow, ScriptedServer server) {
    Endpoint endpoint = new Endpoint(false, "127.0.0.1", server.port());
    QueryRequest request = new QueryRequest(Method.GET, endpoint, "/a", Map.of(), "query of a");
    StorageException failure =
        assertThrows(StorageException.class, () -> slow.send(request, ERRORS));
    assertEquals(Kind.TIMEOUT, failure.kind());
  }

  @Test
  void anInterruptEndsTheWait() throws Exception {
    try (ScriptedServer server = ScriptedServer.plain(client -> client.awaitEnd())) {
      Thread.currentThread().interrupt();
      assertEquals(Kind.CANCELLED, failure(server).kind());
      assertTrue(Thread.interrupted());
    }
  }
}
