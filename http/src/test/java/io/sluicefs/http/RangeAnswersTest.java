// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.http;

import static io.sluicefs.http.RangeReads.ERRORS;
import static io.sluicefs.http.RangeReads.OBJECT;
import static io.sluicefs.http.RangeReads.direct;
import static io.sluicefs.http.RangeReads.head206;
import static io.sluicefs.http.RangeReads.message;
import static io.sluicefs.http.RangeReads.request;
import static io.sluicefs.http.RangeReads.text;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluicefs.http.ScriptedServer.Script;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a range reader makes of answers. */
@Timeout(60)
class RangeAnswersTest {
  private final RangeReads reads = new RangeReads();

  @AfterEach
  void close() {
    reads.close();
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
      reads.assertReads(server, 10, 70_010);
      reads.assertReads(server, 10, 70_010);
      assertEquals(1, server.accepted());
    }
  }

  @Test
  void takesTheWholeObjectWhenAllOfItWasAsked() throws Exception {
    String head = "HTTP/1.1 200 OK\r\nETag: \"v1\"\r\n";
    String body = text(0, 500);
    reads.assertAnswerReads(head + "Content-Length: 500\r\n\r\n" + body, 0, 500);
    reads.assertAnswerReads(
        head + "Transfer-Encoding: chunked\r\n\r\n1f4\r\n" + body + "\r\n0\r\n\r\n", 0, 500);
    reads.assertAnswerReads(head + "\r\n" + body, 0, 500);
    reads.assertAnswerReads("HTTP/1.0 200 OK\r\nETag: \"v1\"\r\n\r\n" + body, 0, 500);
  }

  @Test
  void refusesAnAnswerThatIgnoresTheRange() throws Exception {
    String head = "HTTP/1.1 200 OK\r\nETag: \"v1\"\r\n";
    reads.assertAnswerFails(
        Kind.CORRUPT, head + "Content-Length: 500\r\n\r\n" + text(0, 500), 0, 400);
    reads.assertAnswerFails(
        Kind.CORRUPT, head + "Content-Length: 500\r\n\r\n" + text(0, 500), 100, 600);
    reads.assertAnswerFails(Kind.CORRUPT, head + "\r\n" + text(0, 500), 0, 400);
    reads.assertAnswerFails(Kind.CORRUPT, head + "Content-Length: 0\r\n\r\n", 0, 400);
    reads.assertAnswerFails(
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
      reads.assertAnswerFails(Kind.CORRUPT, head + range + "\r\n" + text(0, 100), 0, 100);
    }
  }

  @Test
  void refusesBytesOfAnotherVersion() throws Exception {
    String head = "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-99/300000\r\n";
    String rest = "Content-Length: 100\r\n\r\n" + text(0, 100);
    reads.assertAnswerFails(Kind.PRECONDITION_FAILED, head + "ETag: \"v2\"\r\n" + rest, 0, 100);
    reads.assertAnswerFails(Kind.PRECONDITION_FAILED, head + "ETag: W/\"v1\"\r\n" + rest, 0, 100);
    reads.assertAnswerFails(Kind.CORRUPT, head + rest, 0, 100);
    reads.assertAnswerReads(head + "etag: v1\r\n" + rest, 0, 100);
  }

  @Test
  void refusesALengthThatDoesNotFitTheRange() throws Exception {
    String head =
        "HTTP/1.1 206 P\r\nETag: \"v1\"\r\nContent-Range: bytes 0-99/300000\r\nConnection: close\r\n";
    for (String length : List.of("99", "101", "-100", "0x64", "", "100\r\nContent-Length: 99")) {
      reads.assertAnswerFails(
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
      reads.assertAnswerFails(Kind.CORRUPT, chunked + body, 0, 100);
    }
    reads.assertAnswerFails(Kind.CORRUPT, head + "\r\n" + text(0, 99), 0, 100);
    reads.assertAnswerFails(Kind.CORRUPT, head + "\r\n" + text(0, 101), 0, 100);
    reads.assertAnswerFails(
        Kind.CORRUPT, head + "Transfer-Encoding: gzip\r\n\r\n" + text(0, 100), 0, 100);
  }

  @Test
  void takesOddButHarmlessHeads() throws Exception {
    reads.assertAnswerReads(
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"
            + head206("Content-Length: 100\r\n")
            + text(0, 100),
        0,
        100);
    reads.assertAnswerReads(
        head206("Content-Length: 100\r\nContent-Length: 100\r\n") + text(0, 100), 0, 100);
    reads.assertAnswerReads(head206("Content-Length: 100, 100\r\n") + text(0, 100), 0, 100);
    reads.assertAnswerReads(
        "HTTP/1.1 206\nETag: \"v1\"\nContent-Range: bytes 0-99/*\nContent-Length:100\n\n"
            + text(0, 100),
        0,
        100);
    reads.assertAnswerReads(
        head206(
                "no colon here\r\n: no name\r\nX: folded\r\n  value\r\nX:\r\nContent-length :  100 \r\n")
            + text(0, 100),
        0,
        100);
    reads.assertAnswerReads(
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
    reads.assertAnswerFails(Kind.CORRUPT, answer, 0, 100);
  }

  @Test
  void refusesEndlessHeads() throws Exception {
    reads.assertAnswerFails(Kind.CORRUPT, head206("X: " + "y".repeat(20_000) + "\r\n"), 0, 100);
    reads.assertAnswerFails(Kind.CORRUPT, "HTTP/1.1 100 Continue\r\n\r\n".repeat(100), 0, 100);
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
          () -> reads.reader().read(request(server, 0, 100), direct(100), announced::add, ERRORS));
      assertFalse(announced.contains(100L));
    }
  }

  @Test
  void handsErrorAnswersToTheTransport() throws Exception {
    StorageException failure =
        reads.assertAnswerFails(
            Kind.NOT_FOUND,
            "HTTP/1.1 404 Not Found\r\nContent-Length: 9\r\n\r\n<gone/>\u00c3\u00a9",
            0,
            100);
    assertTrue(message(failure).endsWith("<gone/>\u00e9"), failure.getMessage());
    reads.assertAnswerFails(
        Kind.SERVER_ERROR,
        "HTTP/1.1 500 Oops\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        0,
        100);
    reads.assertAnswerFails(
        Kind.SERVER_ERROR, "HTTP/1.1 503 Slow\r\nContent-Length: 100\r\n\r\nshort", 0, 100);
    reads.assertAnswerFails(Kind.SERVER_ERROR, "HTTP/1.1 304 Not Modified\r\n\r\n", 0, 100);
    StorageException long1 =
        reads.assertAnswerFails(
            Kind.SERVER_ERROR,
            "HTTP/1.1 500 Oops\r\nContent-Length: 200000\r\n\r\n" + "x".repeat(200_000),
            0,
            100);
    assertTrue(message(long1).length() < ErrorAnswer.MAX_BODY + 20);
    StorageException redirect =
        reads.assertAnswerFails(
            Kind.SERVER_ERROR,
            "HTTP/1.1 307 Moved\r\nLocation: https://elsewhere/\r\nContent-Length: 0\r\n\r\n",
            0,
            100);
    assertTrue(message(redirect).contains("https://elsewhere/"));
  }
}
