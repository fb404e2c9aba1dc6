// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.http;

import static io.sluicefs.http.RangeReads.ERRORS;
import static io.sluicefs.http.RangeReads.OBJECT;
import static io.sluicefs.http.RangeReads.answerRange;
import static io.sluicefs.http.RangeReads.content;
import static io.sluicefs.http.RangeReads.direct;
import static io.sluicefs.http.RangeReads.endpoint;
import static io.sluicefs.http.RangeReads.head206;
import static io.sluicefs.http.RangeReads.message;
import static io.sluicefs.http.RangeReads.request;
import static io.sluicefs.http.RangeReads.serve;
import static io.sluicefs.http.RangeReads.text;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluicefs.http.ScriptedServer.Script;
import io.sluicefs.spi.ByteRange;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import io.sluicefs.spi.transport.ReadProgress;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
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
  private final RangeReads reads = new RangeReads();

  @AfterEach
  void close() {
    reads.close();
  }

  @Test
  void fillsSeveralBuffersInOrderAndAnnouncesWhatIsGood() throws Exception {
    try (ScriptedServer server = ScriptedServer.plain(RangeReads::serve)) {
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
      reads.reader().read(request(server, 1000, 201_000), target, truthful, ERRORS);
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
    try (ScriptedServer server = ScriptedServer.plain(RangeReads::serve)) {
      Map<String, String> signed = Map.of("host", "bucket.example.com", "if-match", "v1");
      RangeRequest request =
          new RangeRequest(endpoint(server), "/x", signed, new ByteRange(0, 5), "v1", "read of x");
      reads.reader().read(request, direct(5), ReadProgress.NONE, ERRORS);
      String sent = server.requests.getFirst();
      assertTrue(sent.contains("\r\nhost: bucket.example.com\r\n"), sent);
      assertTrue(sent.contains("\r\nif-match: v1\r\n"), sent);
      assertFalse(sent.contains("127.0.0.1") || sent.contains("If-Match"), sent);
    }
  }

  @Test
  void keepsItsConnections() throws Exception {
    try (ScriptedServer server = ScriptedServer.plain(RangeReads::serve)) {
      for (int i = 0; i < 20; i++) {
        reads.assertReads(server, i * 1000, i * 1000 + 70_000);
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
    try (ScriptedServer server = ScriptedServer.plain(closesAtSecondRequest, RangeReads::serve)) {
      reads.assertReads(server, 0, 100);
      reads.assertReads(server, 0, 100);
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
    try (ScriptedServer server = ScriptedServer.plain(closesWhenIdle, RangeReads::serve)) {
      reads.assertReads(server, 0, 100);
      assertTrue(closed.await(10, TimeUnit.SECONDS));
      reads.assertReads(server, 0, 100);
      assertEquals(2, server.requests.size());
    }
  }

  @Test
  void doesNotRepeatOnAFreshConnection() throws Exception {
    try (ScriptedServer server = ScriptedServer.plain(client -> client.awaitRequest())) {
      reads.assertFails(Kind.UNREACHABLE, server, 0, 100);
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
    reads.options(
        RangeReaderOptions.DEFAULTS
            .withIdleConnections(4, Duration.ofMillis(20))
            .withTimeouts(Duration.ofSeconds(5), Duration.ofMillis(500)));
    try (ScriptedServer server = ScriptedServer.plain(watchesForTheEnd)) {
      reads.assertReads(server, 0, 100);
      assertTrue(ended.await(10, TimeUnit.SECONDS));
    }
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
                  reads
                      .reader()
                      .read(
                          request(server, 0, 100_000),
                          direct(100_000),
                          bytes -> announced[0] = bytes,
                          ERRORS));
      assertEquals(Kind.UNREACHABLE, failure.kind());
      assertEquals(60_000, announced[0]);
    }
    reads.assertAnswerFails(Kind.UNREACHABLE, "HTTP/1.1 206 Part", 0, 100);
    reads.assertAnswerFails(
        Kind.UNREACHABLE,
        head206("Transfer-Encoding: chunked\r\n") + "64\r\n" + text(0, 50),
        0,
        100);
  }

  @Test
  void doesNotKeepAConnectionWithBytesLeftInIt() throws Exception {
    Script talkative =
        client -> {
          client.awaitRequest();
          client.send(head206("Content-Length: 100\r\n") + text(0, 100) + "surplus");
          client.awaitEnd();
        };
    try (ScriptedServer server = ScriptedServer.plain(talkative, RangeReads::serve)) {
      reads.assertReads(server, 0, 100);
      reads.assertReads(server, 0, 100);
      assertEquals(2, server.accepted());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"nothing", "head", "body", "drip"})
  void givesUpWithoutProgress(String how) throws Exception {
    reads.options(
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
          reads.assertFails(Kind.TIMEOUT, server, 0, how.equals("drip") ? 100_000 : 100);
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
    try (ScriptedServer server = ScriptedServer.plain(stalls, RangeReads::serve)) {
      CountDownLatch halfWay = new CountDownLatch(1);
      AtomicBoolean status = new AtomicBoolean();
      FutureTask<StorageException> read =
          new FutureTask<>(
              () -> {
                StorageException failure =
                    assertThrows(
                        StorageException.class,
                        () ->
                            reads
                                .reader()
                                .read(
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
      reads.assertReads(server, 0, 100);
    }
  }

  @Test
  void doesNotSpendAConnectionOnAnInterruptedThread() throws Exception {
    try (ScriptedServer server = ScriptedServer.plain(RangeReads::serve)) {
      reads.assertReads(server, 0, 100);
      Thread.currentThread().interrupt();
      reads.assertFails(Kind.CANCELLED, server, 0, 100);
      assertTrue(Thread.interrupted());
      reads.assertReads(server, 0, 100);
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
          new FutureTask<>(() -> reads.assertFails(Kind.CANCELLED, server, 0, 100));
      Thread.ofVirtual().start(read);
      assertTrue(asked.await(10, TimeUnit.SECONDS));
      reads.reader().close();
      read.get(10, TimeUnit.SECONDS);
      reads.assertFails(Kind.CANCELLED, server, 0, 100);
      reads.reader().close();
    }
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
      reads.assertFails(Kind.NOT_FOUND, server, 0, 100);
      reads.assertReads(server, 0, 100);
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
        reads.assertFails(Kind.UNREACHABLE, new Endpoint(false, "127.0.0.1", port));
    assertTrue(message(refused).contains("127.0.0.1:" + port), refused.getMessage());
    StorageException unknown =
        reads.assertFails(Kind.UNREACHABLE, new Endpoint(false, "no-such-host.invalid", 80));
    assertTrue(message(unknown).contains("no-such-host.invalid"), unknown.getMessage());
  }

  @Test
  void sendsNoHeaderWithALineBreak() throws Exception {
    try (ScriptedServer server = ScriptedServer.plain(RangeReads::serve)) {
      for (Map<String, String> headers :
          List.of(Map.of("X", "a\r\nInjected: b"), Map.of("X\n", "a"), Map.of("X", "\u00e9"))) {
        RangeRequest request =
            new RangeRequest(endpoint(server), "/x", headers, new ByteRange(0, 5), "v1", "read");
        StorageException failure =
            assertThrows(
                StorageException.class,
                () -> reads.reader().read(request, direct(5), ReadProgress.NONE, ERRORS));
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
              () -> reads.reader().read(request, direct(5), ReadProgress.NONE, ERRORS));
      assertFalse(message(failure).contains("sesame"));
      assertFalse(request.toString().contains("sesame"));
    }
  }

  @Test
  void refusesMemoryThatDoesNotFit() throws Exception {
    try (ScriptedServer server = ScriptedServer.plain(RangeReads::serve)) {
      for (ByteBuffer[] target : List.of(direct(99), new ByteBuffer[] {ByteBuffer.allocate(100)})) {
        assertThrows(
            IllegalArgumentException.class,
            () -> reads.reader().read(request(server, 0, 100), target, ReadProgress.NONE, ERRORS));
      }
    }
  }

  @Test
  void readsManyRangesAtOnce() throws Exception {
    try (ScriptedServer server = ScriptedServer.plain(RangeReads::serve)) {
      List<FutureTask<Boolean>> tasks = new ArrayList<>();
      for (int i = 0; i < 32; i++) {
        int from = i * 100;
        FutureTask<Boolean> read =
            new FutureTask<>(
                () -> {
                  for (int round = 0; round < 10; round++) {
                    reads.assertReads(server, from + round, from + round + 200_000);
                  }
                  return true;
                });
        tasks.add(read);
        Thread.ofVirtual().start(read);
      }
      for (FutureTask<Boolean> read : tasks) {
        assertTrue(read.get(30, TimeUnit.SECONDS));
      }
      assertTrue(server.accepted() <= 32);
    }
  }
}
