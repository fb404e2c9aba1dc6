// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.http;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluicefs.http.ScriptedServer.Peer;
import io.sluicefs.http.ScriptedServer.Script;
import io.sluicefs.spi.ByteRange;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import io.sluicefs.spi.transport.ReadProgress;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class RangeReaderTlsTest {
  private static final byte[] OBJECT = new byte[1_000_000];

  static {
    new Random(2).nextBytes(OBJECT);
  }

  private static final ErrorAnswers ERRORS =
      (request, answer) -> new StorageException(Kind.SERVER_ERROR, "status " + answer.status());

  @TempDir static Path folder;
  private static TestCertificate certificate;

  @BeforeAll
  static void makeCertificate() throws Exception {
    certificate = TestCertificate.of(folder, "ip:127.0.0.1");
  }

  @ParameterizedTest
  @CsvSource({
    "TLSv1.3,1",
    "TLSv1.3,1000",
    "TLSv1.3,16384",
    "TLSv1.3,20000",
    "TLSv1.3,1000000",
    "TLSv1.2,1000",
    "TLSv1.2,16384",
    "TLSv1.2,1000000"
  })
  void readsRecordsThatStraddleBuffers(String protocol, int bufferSize) throws Exception {
    int length = bufferSize == 1 ? 500 : 1_000_000;
    List<ByteBuffer> target = new ArrayList<>();
    for (int at = 0; at < length; at += bufferSize) {
      target.add(ByteBuffer.allocateDirect(Math.min(bufferSize, length - at)));
    }
    try (ScriptedServer server = server(protocol, RangeReaderTlsTest::serve);
        RangeReader reader = new RangeReader(trusting())) {
      for (int round = 0; round < 3; round++) {
        target.forEach(ByteBuffer::clear);
        List<Long> announced = new ArrayList<>();
        reader.read(
            request("127.0.0.1", server, 0, length),
            target.toArray(ByteBuffer[]::new),
            announced::add,
            ERRORS);
        byte[] content = new byte[length];
        int at = 0;
        for (ByteBuffer buffer : target) {
          buffer.flip().get(content, at, buffer.limit());
          at += buffer.limit();
        }
        assertArrayEquals(Arrays.copyOf(OBJECT, length), content);
        assertEquals(length, announced.getLast());
      }
      assertEquals(1, server.accepted());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"TLSv1.3", "TLSv1.2"})
  void refusesACertificateOfNoKnownAuthority(String protocol) throws Exception {
    try (ScriptedServer server = server(protocol, RangeReaderTlsTest::serve);
        RangeReader reader = new RangeReader(RangeReaderOptions.DEFAULTS)) {
      StorageException failure = assertFails(reader, "127.0.0.1", server);
      assertEquals(Kind.INVALID_REQUEST, failure.kind());
      assertEquals(List.of(), server.requests);
    }
  }

  @Test
  void refusesACertificateOfAnotherHost() throws Exception {
    try (ScriptedServer server = server("TLSv1.3", RangeReaderTlsTest::serve);
        RangeReader reader = new RangeReader(trusting())) {
      StorageException failure = assertFails(reader, "localhost", server);
      assertEquals(Kind.INVALID_REQUEST, failure.kind());
      assertTrue(String.valueOf(failure.getMessage()).contains("https://localhost:"));
      assertEquals(List.of(), server.requests);
    }
  }

  @Test
  void reportsAServerThatSpeaksNoTls() throws Exception {
    Script plain =
        client -> {
          client.send("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
          client.awaitEnd();
        };
    try (ScriptedServer server = ScriptedServer.plain(plain);
        RangeReader reader = new RangeReader(trusting())) {
      assertEquals(Kind.UNREACHABLE, assertFails(reader, "127.0.0.1", server).kind());
    }
  }

  @Test
  void givesUpOnAHandshakeThatStalls() throws Exception {
    try (ScriptedServer server = ScriptedServer.plain(Peer::awaitEnd);
        RangeReader reader =
            new RangeReader(
                trusting().withTimeouts(Duration.ofSeconds(5), Duration.ofMillis(300)))) {
      assertEquals(Kind.TIMEOUT, assertFails(reader, "127.0.0.1", server).kind());
    }
  }

  @Test
  void opensANewConnectionWhenTheServerClosedTheKeptOne() throws Exception {
    CountDownLatch closed = new CountDownLatch(1);
    Script closes =
        client -> {
          answer(client, Objects.requireNonNull(client.awaitRequest()));
          client.socket().close();
          closed.countDown();
        };
    try (ScriptedServer server = server("TLSv1.3", closes, RangeReaderTlsTest::serve);
        RangeReader reader = new RangeReader(trusting())) {
      reader.read(request("127.0.0.1", server, 0, 100), direct(100), ReadProgress.NONE, ERRORS);
      assertTrue(closed.await(10, TimeUnit.SECONDS));
      reader.read(request("127.0.0.1", server, 0, 100), direct(100), ReadProgress.NONE, ERRORS);
      assertEquals(2, server.accepted());
    }
  }

  @Test
  void saysWhichFileHoldsNoCertificate() throws Exception {
    Path empty = Files.createFile(folder.resolve("empty.pem"));
    Exception failure = assertThrows(IOException.class, () -> TrustedCertificates.systemAnd(empty));
    assertTrue(String.valueOf(failure.getMessage()).contains("empty.pem"));
    assertThrows(IOException.class, () -> TrustedCertificates.systemAnd(folder.resolve("none")));
  }

  private static ScriptedServer server(String protocol, Script... scripts) throws IOException {
    return new ScriptedServer(certificate.sockets(protocol), scripts);
  }

  private static RangeReaderOptions trusting() throws IOException {
    return RangeReaderOptions.DEFAULTS.withCertificates(
        TrustedCertificates.systemAnd(certificate.pem()));
  }

  private static void serve(Peer client) throws IOException {
    for (String request = client.awaitRequest(); request != null; request = client.awaitRequest()) {
      answer(client, request);
    }
  }

  private static void answer(Peer client, String request) throws IOException {
    String range = request.replaceAll("(?is).*\\r\\nrange: bytes=([0-9-]+)\\r\\n.*", "$1");
    int dash = range.indexOf('-');
    int from = Integer.parseInt(range.substring(0, dash));
    int to = Integer.parseInt(range.substring(dash + 1)) + 1;
    client.send(
        """
        HTTP/1.1 206 Partial Content\r
        ETag: "v1"\r
        Content-Range: bytes %d-%d/%d\r
        Content-Length: %d\r
        \r
        """
            .formatted(from, to - 1, OBJECT.length, to - from));
    client.send(OBJECT, from, to);
  }

  private static StorageException assertFails(
      RangeReader reader, String host, ScriptedServer server) {
    return assertThrows(
        StorageException.class,
        () -> reader.read(request(host, server, 0, 100), direct(100), ReadProgress.NONE, ERRORS));
  }

  private static RangeRequest request(String host, ScriptedServer server, int from, int to) {
    return new RangeRequest(
        new Endpoint(true, host, server.port()),
        "/bucket/key",
        Map.of(),
        new ByteRange(from, to),
        "v1",
        "read of s3://bucket/key");
  }

  private static ByteBuffer[] direct(int length) {
    return new ByteBuffer[] {ByteBuffer.allocateDirect(length)};
  }
}
