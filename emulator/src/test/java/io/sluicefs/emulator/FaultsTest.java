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
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
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
  void aLateErrorComesInAnAnswerOfSuccessHoweverItIsOrdered() throws IOException {
    URI faults = emulator.adminEndpoint().resolve("/faults");
    PlainHttp.send("POST", faults.resolve("/faults?kind=put&effect=fail-late&code=X"));
    PlainHttp.send(
        "POST", faults, utf8("{\"rules\": [{\"effect\": \"fail-late\", \"code\": \"Y\"}]}"));
    for (String code : List.of("X", "Y")) {
      PlainHttp.Reply late = PlainHttp.send("PUT", objects()[0], new byte[] {1});
      assertEquals(200, late.status());
      assertTrue(late.body().contains("<Code>" + code + "</Code>"), late.body());
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

  @Test
  void rulesSayWhichRequestsGoWrong() {
    Faults faults = emulator.faults();
    faults.follow(
        FaultSchedule.of(
            1,
            FaultRule.on(RequestKind.GET)
                .bucket("bucket")
                .key("a/.*")
                .nth(2)
                .every(3)
                .times(2)
                .does(Fault.reset()),
            FaultRule.on(RequestKind.GET).key("b").does(Fault.stall())));
    assertEquals("-r--r---", struck(faults, RequestKind.GET, "bucket", "a/x"));
    assertEquals("--------", struck(faults, RequestKind.GET, "other", "a/x"));
    assertEquals("--------", struck(faults, RequestKind.PUT, "bucket", "a/x"));
    assertEquals("ssssssss", struck(faults, RequestKind.GET, "bucket", "b"));
    assertEquals(List.of(2L, 8L), faults.tallies().stream().map(Faults.Tally::struck).toList());
    assertEquals(List.of(8L, 8L), faults.tallies().stream().map(Faults.Tally::matched).toList());
  }

  private static String struck(Faults faults, RequestKind kind, String bucket, String key) {
    return IntStream.range(0, 8)
        .mapToObj(i -> faults.strike(kind, bucket, key))
        .map(fault -> fault == null ? "-" : fault.effect().word().substring(0, 1))
        .collect(Collectors.joining());
  }

  @Test
  void theSameSeedStrikesTheSameRequests() {
    FaultRule rule = FaultRule.on(RequestKind.GET).key("k").probability(0.5).does(Fault.reset());
    Set<String> sequences = new HashSet<>();
    for (int seed = 0; seed < 20; seed++) {
      emulator.faults().follow(FaultSchedule.of(seed, rule));
      String first = struck(emulator.faults(), RequestKind.GET, "bucket", "k");
      emulator.faults().follow(FaultSchedule.of(seed, rule));
      assertEquals(first, struck(emulator.faults(), RequestKind.GET, "bucket", "k"));
      sequences.add(first);
    }
    assertTrue(sequences.size() > 10, sequences::toString);
  }

  @Test
  void aScheduleIsOneDocument() throws IOException {
    String schedule =
        """
        {"seed": 7, "clock-offset-seconds": 3600, "rules": [
          {"name": "gone", "requests": ["put", "head"], "key": "k.*", "nth": 1, "every": 1, "times": 1,
           "effect": "refuse", "status": 404, "code": "NoSuchUpload"},
          {"requests": ["put"], "probability": 1.0, "effect": "answer", "status": 200, "text": "<html>"}
        ]}
        """;
    URI faults = emulator.adminEndpoint().resolve("/faults");
    assertEquals(200, PlainHttp.send("PUT", faults, utf8(schedule)).status());
    assertEquals(404, PlainHttp.send("PUT", objects()[0], new byte[] {1}).status());
    assertEquals("<html>", PlainHttp.send("PUT", objects()[1], new byte[] {1}).body());
    assertEquals(
        "{\"rules\":[{\"name\":\"gone\",\"matched\":2,\"struck\":1},"
            + "{\"name\":\"answer\",\"matched\":1,\"struck\":1}]}\n",
        PlainHttp.send("GET", faults).body());
    assertTrue(emulator.faults().now().isAfter(Instant.now().plusSeconds(3500)));
    String more = "{\"rules\": [{\"name\": \"last\", \"effect\": \"reset\"}]}";
    assertEquals(204, PlainHttp.send("POST", faults, utf8(more)).status());
    assertEquals(204, PlainHttp.send("DELETE", faults.resolve("/faults?name=gone")).status());
    assertEquals(
        List.of("answer", "last"),
        emulator.faults().tallies().stream().map(tally -> tally.rule().name()).toList());
    assertEquals(
        "{\"rules\":[{\"name\":\"last\",\"matched\":0,\"struck\":0}]}\n",
        PlainHttp.send("GET", faults.resolve("/faults?name=last")).body());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{",
        "{}",
        "{\"rules\": [{\"effect\": \"explode\"}]}",
        "{\"rules\": [{\"effect\": \"reset\", \"requests\": [\"fetch\"]}]}",
        "{\"rules\": [{\"effect\": \"reset\", \"key\": \"(\"}]}",
        "{\"rules\": [{\"effect\": \"reset\", \"keys\": \"a\"}]}",
        "{\"rules\": [{\"effect\": \"cut\"}]}",
        "{\"rules\": [{\"effect\": \"drip\"}]}",
        "{\"rules\": [{\"effect\": \"redirect\"}]}",
        "{\"rules\": [{\"effect\": \"set-header\"}]}",
        "{\"rules\": [{\"effect\": \"reset\", \"probability\": 2}]}",
        "{\"rules\": [{\"effect\": \"reset\", \"times\": 0}]}"
      })
  void aScheduleThatMakesNoSenseIsRefused(String schedule) throws IOException {
    URI faults = emulator.adminEndpoint().resolve("/faults");
    assertEquals(400, PlainHttp.send("PUT", faults, utf8(schedule)).status());
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private URI[] objects() {
    return new URI[] {
      emulator.s3Endpoint().resolve("/bucket/key"), emulator.ossEndpoint().resolve("/bucket/key")
    };
  }
}
