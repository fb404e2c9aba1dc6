// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.http;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.sluicefs.spi.ByteRange;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/** What a server may answer to a range: the bytes asked for, or one error of the contract. */
class RangeAnswerFuzzTest {
  private static final int LENGTH = 100;
  private static final int LARGEST = 60_000;
  private static final byte UNTOUCHED = 0x55;
  private static final Endpoint ENDPOINT = new Endpoint(false, "127.0.0.1", 80);
  private static final RangeRequest REQUEST =
      new RangeRequest(
          ENDPOINT,
          "/bucket/key",
          Map.of(),
          new ByteRange(1000, 1000 + LENGTH),
          "v1",
          "read of key");

  private static Path socket;
  private static ServerSocketChannel server;

  @BeforeAll
  static void listen() throws IOException {
    socket = Files.createTempDirectory("sluice-fuzz").resolve("socket");
    server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    server.bind(UnixDomainSocketAddress.of(socket));
  }

  @AfterAll
  static void stop() throws IOException {
    server.close();
    Files.delete(socket);
    Files.delete(socket.getParent());
  }

  @FuzzTest
  void anAnswerIsTheBytesAskedForOrAnError(byte[] answer) throws IOException {
    if (answer.length > LARGEST) {
      // The whole answer has to fit between the two, as one thread does both.
      return;
    }
    ByteBuffer memory = ByteBuffer.allocateDirect(LENGTH + 32);
    for (int i = 0; i < memory.capacity(); i++) {
      memory.put(i, UNTOUCHED);
    }
    ByteBuffer[] target = {memory.slice(16, 10), memory.slice(26, LENGTH - 10)};
    long[] announced = {0};
    try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(socket));
        SocketChannel peer = server.accept();
        Connection connection = new Connection(ENDPOINT, channel, closed -> {})) {
      peer.write(ByteBuffer.wrap(answer));
      peer.shutdownOutput();
      connection.open(TrustedCertificates.system());
      connection.watch(Duration.ofMinutes(1));
      RangeExchange exchange =
          new RangeExchange(
              REQUEST,
              null,
              new TargetBuffers(target, LENGTH),
              good -> {
                check(good > announced[0] && good <= LENGTH, "announced " + good);
                announced[0] = good;
              },
              (request, error) -> new StorageException(Kind.SERVER_ERROR, error.body()),
              connection);
      exchange.run("fuzz");
      check(announced[0] == LENGTH, "success after " + announced[0] + " bytes");
    } catch (IOException e) {
      check(e.getMessage() != null, "an error without a word: " + e);
    }
    for (int i = 0; i < 16; i++) {
      check(memory.get(i) == UNTOUCHED, "written before the target");
      check(memory.get(memory.capacity() - 1 - i) == UNTOUCHED, "written behind the target");
    }
  }

  private static void check(boolean condition, String message) {
    if (!condition) {
      throw new AssertionError(message);
    }
  }
}
