// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.emulator;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FaultsTest {
  @SuppressWarnings("NullAway.Init") // set before each test
  private Emulator emulator;

  @BeforeEach
  void start() throws IOException {
    emulator = Emulator.start(EmulatorOptions.defaults().withAnonymousAccess());
    emulator.store().createBucket("bucket");
  }

  @AfterEach
  void stop() {
    emulator.close();
  }

  @Test
  void aRefusedRequestIsNotCarriedOutAndTheNextOneIs() throws IOException {
    emulator.faults().refuse(RequestKind.PUT, 503, "SlowDown", 2);
    for (URI object : objects()) {
      PlainHttp.Reply refused = PlainHttp.send("PUT", object, new byte[] {1});
      assertEquals(503, refused.status());
      assertTrue(refused.body().contains("<Code>SlowDown</Code>"), refused.body());
      assertTrue(emulator.store().get("bucket", "key").isEmpty());
    }
    assertEquals(200, PlainHttp.send("PUT", objects()[0], new byte[] {1}).status());
  }

  @Test
  void aLateErrorComesInAnAnswerOfSuccess() throws IOException {
    for (URI object : objects()) {
      emulator.faults().failLate(RequestKind.PUT, "InternalError", 1);
      PlainHttp.Reply late = PlainHttp.send("PUT", object, new byte[] {1});
      assertEquals(200, late.status());
      assertTrue(late.body().contains("<Code>InternalError</Code>"), late.body());
      assertTrue(emulator.store().get("bucket", "key").isEmpty());
    }
  }

  @Test
  void aRequestWhoseAnswerIsDroppedIsCarriedOut() throws IOException {
    emulator.faults().dropAnswers(RequestKind.PUT, 1);
    URI object = objects()[0];
    try (Socket socket = new Socket(object.getHost(), object.getPort());
        InputStream in = socket.getInputStream()) {
      socket
          .getOutputStream()
          .write(
              "PUT /bucket/key HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\nx"
                  .getBytes(StandardCharsets.US_ASCII));
      assertEquals(-1, in.read());
    }
    assertArrayEquals(new byte[] {'x'}, emulator.store().bytes("bucket", "key"));
  }

  @Test
  void aFlippedBitIsStored() throws IOException {
    emulator.faults().flipBits(RequestKind.PUT, 1);
    PlainHttp.send("PUT", objects()[0], new byte[] {2, 2});
    assertArrayEquals(new byte[] {3, 2}, emulator.store().bytes("bucket", "key"));
  }

  @Test
  void faultsAreOrderedAndTakenBackOverHttp() throws IOException {
    String refusal = "/faults?kind=put&effect=refuse&status=500&code=X&requests=3";
    assertEquals(204, PlainHttp.send("POST", emulator.adminEndpoint().resolve(refusal)).status());
    assertEquals(500, PlainHttp.send("PUT", objects()[0], new byte[] {1}).status());
    assertEquals(2, emulator.faults().pending(RequestKind.PUT));
    assertEquals(
        204, PlainHttp.send("DELETE", emulator.adminEndpoint().resolve("/faults")).status());
    assertEquals(200, PlainHttp.send("PUT", objects()[0], new byte[] {1}).status());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "kind=put",
        "effect=drop-answer",
        "kind=put&effect=explode",
        "kind=put&effect=refuse&status=200"
      })
  void aFaultThatMakesNoSenseIsRefused(String query) throws IOException {
    URI admin = emulator.adminEndpoint().resolve("/faults?" + query);
    assertEquals(400, PlainHttp.send("POST", admin).status());
    assertThrows(
        IllegalArgumentException.class,
        () -> emulator.faults().refuse(RequestKind.PUT, 200, "OK", 1));
  }

  private URI[] objects() {
    return new URI[] {
      emulator.s3Endpoint().resolve("/bucket/key"), emulator.ossEndpoint().resolve("/bucket/key")
    };
  }
}
