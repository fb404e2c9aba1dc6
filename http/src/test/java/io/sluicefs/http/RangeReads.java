// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.http;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.sluicefs.http.ScriptedServer.Peer;
import io.sluicefs.http.ScriptedServer.Script;
import io.sluicefs.spi.ByteRange;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import io.sluicefs.spi.transport.ReadProgress;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;

/** Ranges of one object, read from a scripted server, and what comes of it. */
final class RangeReads implements AutoCloseable {
  static final byte[] OBJECT = new byte[300_000];

  static {
    new Random(1).nextBytes(OBJECT);
  }

  static final ErrorAnswers ERRORS =
      (request, answer) ->
          new StorageException(
              answer.status() == 404 ? Kind.NOT_FOUND : Kind.SERVER_ERROR,
              answer.status() + " " + answer.header("location") + " " + answer.body());

  private RangeReader reader = new RangeReader(RangeReaderOptions.DEFAULTS);

  RangeReader reader() {
    return reader;
  }

  @Override
  public void close() {
    reader.close();
  }

  void options(RangeReaderOptions options) {
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

  static void answerRange(Peer client, int from, int to) throws IOException {
    client.send(head206(from, to, "Content-Length: " + (to - from) + "\r\n"));
    client.send(OBJECT, from, to);
  }

  static String head206(String more) {
    return head206(0, 100, more);
  }

  static String head206(int from, int to, String more) {
    return "HTTP/1.1 206 Partial Content\r\nETag: \"v1\"\r\nContent-Range: bytes %d-%d/300000\r\n%s\r\n"
        .formatted(from, to - 1, more);
  }

  static String text(int from, int to) {
    return new String(OBJECT, from, to - from, StandardCharsets.ISO_8859_1);
  }

  void assertAnswerReads(String answer, int from, int to) throws Exception {
    try (ScriptedServer server = ScriptedServer.plain(once(answer))) {
      assertReads(server, from, to);
    }
  }

  StorageException assertAnswerFails(Kind kind, String answer, int from, int to) throws Exception {
    try (ScriptedServer server = ScriptedServer.plain(once(answer))) {
      return assertFails(kind, server, from, to);
    }
  }

  static String message(StorageException failure) {
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

  void assertReads(ScriptedServer server, int from, int to) throws StorageException {
    ByteBuffer[] target = direct(to - from);
    reader.read(request(server, from, to), target, ReadProgress.NONE, ERRORS);
    assertArrayEquals(Arrays.copyOfRange(OBJECT, from, to), content(target, new int[1], to - from));
  }

  StorageException assertFails(Kind kind, ScriptedServer server, int from, int to) {
    return assertFails(kind, endpoint(server), from, to);
  }

  StorageException assertFails(Kind kind, Endpoint endpoint) {
    return assertFails(kind, endpoint, 0, 100);
  }

  StorageException assertFails(Kind kind, Endpoint endpoint, int from, int to) {
    StorageException failure =
        assertThrows(
            StorageException.class,
            () ->
                reader.read(
                    request(endpoint, from, to), direct(to - from), ReadProgress.NONE, ERRORS));
    assertEquals(kind, failure.kind(), failure.getMessage());
    return failure;
  }

  static Endpoint endpoint(ScriptedServer server) {
    return new Endpoint(false, "127.0.0.1", server.port());
  }

  static RangeRequest request(ScriptedServer server, int from, int to) {
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

  static ByteBuffer[] direct(int length) {
    return new ByteBuffer[] {ByteBuffer.allocateDirect(length)};
  }

  static byte[] content(ByteBuffer[] target, int[] starts, int length) {
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
