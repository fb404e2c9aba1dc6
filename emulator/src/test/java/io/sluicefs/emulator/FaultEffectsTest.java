// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.emulator;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluicefs.emulator.RawAnswer.Ending;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What each fault looks like to a client. */
class FaultEffectsTest {
  private static final byte[] CONTENT = "0123456789".getBytes(StandardCharsets.US_ASCII);

  @SuppressWarnings("NullAway.Init") // set before all tests
  private static Emulator emulator;

  /** Where the requests go. */
  enum Dialect {
    S3,
    OSS;

    URI at(String path) {
      return (this == S3 ? emulator.s3Endpoint() : emulator.ossEndpoint()).resolve(path);
    }
  }

  @BeforeAll
  static void start() throws IOException {
    emulator = Emulator.start(EmulatorOptions.defaults().withAnonymousAccess());
    emulator.store().createBucket("bucket");
  }

  @AfterAll
  static void stop() {
    emulator.close();
  }

  @BeforeEach
  void store() throws IOException {
    emulator.store().put("bucket", "key", CONTENT);
  }

  @AfterEach
  void nothingMore() {
    emulator.faults().clear();
  }

  private static RawAnswer get(Dialect dialect, Fault fault, String... headers) throws IOException {
    emulator.faults().order(FaultRule.on(RequestKind.GET).times(1).does(fault));
    return RawAnswer.to("GET", dialect.at("/bucket/key"), headers);
  }

  private static RawAnswer silence(Dialect dialect, Fault fault) throws IOException {
    emulator.faults().order(FaultRule.on(RequestKind.GET).times(1).does(fault));
    return RawAnswer.untilSilent(dialect.at("/bucket/key"));
  }

  private static RawAnswer list(Dialect dialect, Fault fault) throws IOException {
    emulator.faults().order(FaultRule.on(RequestKind.LIST).times(1).does(fault));
    return RawAnswer.to("GET", dialect.at("/bucket?list-type=2"));
  }

  @ParameterizedTest
  @EnumSource
  void aConnectionIsResetBeforeTheAnswerOrWithinIt(Dialect dialect) throws IOException {
    RawAnswer before = get(dialect, Fault.reset());
    assertEquals("", before.text());
    assertEquals(Ending.RESET, before.ending());
    assertEquals(Ending.RESET, get(dialect, Fault.reset(4)).ending());
  }

  @ParameterizedTest
  @EnumSource
  void anAnswerIsCutShortOfWhatItPromised(Dialect dialect) throws IOException {
    RawAnswer cut = get(dialect, Fault.cut(4));
    assertEquals("0123", cut.body());
    assertEquals(List.of("10"), cut.values("content-length"));
    assertEquals(Ending.CLOSED, cut.ending());
  }

  @ParameterizedTest
  @EnumSource
  void aTruncatedAnswerAgreesWithItself(Dialect dialect) throws IOException {
    RawAnswer truncated = get(dialect, Fault.truncate(4), "Range: bytes=1-8");
    assertEquals("1234", truncated.body());
    assertEquals(List.of("4"), truncated.values("content-length"));
    assertEquals(List.of("bytes 1-8/10"), truncated.values("content-range"));
  }

  @ParameterizedTest
  @EnumSource
  void anAnswerStallsBeforeItsHeadOrWithinItsBody(Dialect dialect) throws IOException {
    RawAnswer before = silence(dialect, Fault.stall());
    assertEquals("", before.text());
    assertEquals(Ending.SILENT, before.ending());
    RawAnswer within = silence(dialect, Fault.stall(4));
    assertEquals("0123", within.body());
    assertEquals(Ending.SILENT, within.ending());
  }

  @ParameterizedTest
  @EnumSource
  void aBodyDrips(Dialect dialect) throws IOException {
    emulator.store().putSynthetic("bucket", "key", 1000, 1);
    RawAnswer dripping = silence(dialect, Fault.drip(1));
    assertTrue(dripping.body().length() < 1000);
    assertEquals(Ending.SILENT, dripping.ending());
  }

  @ParameterizedTest
  @EnumSource
  void aBitOfABodyIsAnother(Dialect dialect) throws IOException {
    RawAnswer flipped = get(dialect, Fault.flipBit(3));
    assertEquals("0122456789", flipped.body());
    assertEquals(List.of("10"), flipped.values("content-length"));
    emulator.faults().order(FaultRule.on(RequestKind.PUT).times(1).does(Fault.flipBit(1)));
    RawAnswer.to("PUT", dialect.at("/bucket/sent"), new byte[] {2, 2});
    assertArrayEquals(new byte[] {2, 3}, emulator.store().bytes("bucket", "sent"));
  }

  @ParameterizedTest
  @EnumSource
  void aConnectionIsResetWhileABodyIsSent(Dialect dialect) throws IOException {
    emulator.faults().order(FaultRule.on(RequestKind.PUT).times(1).does(Fault.reset(1)));
    RawAnswer reset = RawAnswer.to("PUT", dialect.at("/bucket/never"), new byte[] {2, 2});
    assertEquals("", reset.text());
    assertEquals(Ending.RESET, reset.ending());
    assertTrue(emulator.store().get("bucket", "never").isEmpty());
  }

  @ParameterizedTest
  @EnumSource
  void aRangeIsAnotherOrIgnored(Dialect dialect) throws IOException {
    RawAnswer shifted = get(dialect, Fault.shiftRange(2), "Range: bytes=1-3");
    assertEquals("345", shifted.body());
    assertEquals(List.of("bytes 3-5/10"), shifted.values("content-range"));
    RawAnswer ignored = get(dialect, Fault.ignoreRange(), "Range: bytes=1-3");
    assertTrue(ignored.head().startsWith("HTTP/1.1 200"), ignored.head());
    assertEquals("0123456789", ignored.body());
  }

  @ParameterizedTest
  @EnumSource
  void headersAreOthersOrComeTwice(Dialect dialect) throws IOException {
    RawAnswer wrong =
        get(dialect, Fault.setHeader("Content-Range", "bytes 7-9/10"), "Range: bytes=1-3");
    assertEquals(List.of("bytes 7-9/10"), wrong.values("content-range"));
    assertEquals("123", wrong.body());
    assertEquals(List.of(), get(dialect, Fault.setHeader("ETag", "")).values("etag"));
    assertEquals(2, get(dialect, Fault.addHeader("ETag", "\"x\"")).values("etag").size());
  }

  @ParameterizedTest
  @EnumSource
  void aBodyComesInChunks(Dialect dialect) throws IOException {
    RawAnswer chunked = get(dialect, Fault.chunk());
    assertEquals(List.of(), chunked.values("content-length"));
    assertEquals("a\r\n0123456789\r\n0\r\n\r\n", chunked.body());
  }

  @ParameterizedTest
  @EnumSource
  void aRedirectNamesWhereItLeads(Dialect dialect) throws IOException {
    RawAnswer redirect = get(dialect, Fault.redirect("http://127.0.0.2:1/x"));
    assertTrue(redirect.head().startsWith("HTTP/1.1 307"), redirect.head());
    assertEquals(List.of("http://127.0.0.2:1/x"), redirect.values("location"));
  }

  @ParameterizedTest
  @EnumSource
  void anyTextIsAnsweredAndAnyDocumentRewritten(Dialect dialect) throws IOException {
    RawAnswer html = list(dialect, Fault.answer(200, "text/html", "<html>"));
    assertEquals("<html>", html.body());
    assertEquals(List.of("text/html"), html.values("content-type"));
    RawAnswer cutShort =
        list(
            dialect,
            Fault.rewrite(
                "<IsTruncated>false",
                "<NextContinuationToken>a==</NextContinuationToken>" + "<IsTruncated>true"));
    assertTrue(cutShort.body().contains("a==</NextContinuationToken><IsTruncated>true"));
    assertEquals(
        List.of(Integer.toString(cutShort.body().length())), cutShort.values("content-length"));
  }

  @ParameterizedTest
  @EnumSource
  void anObjectIsDeletedOrOverwrittenBehindTheAnswer(Dialect dialect) throws IOException {
    String etag = emulator.store().get("bucket", "key").orElseThrow().etag();
    assertEquals("0123456789", get(dialect, Fault.overwriteObject()).body());
    StoredObject other = emulator.store().get("bucket", "key").orElseThrow();
    assertNotEquals(etag, other.etag());
    assertEquals(10, other.size());
    assertEquals(10, get(dialect, Fault.deleteObject()).body().length());
    assertTrue(emulator.store().get("bucket", "key").isEmpty());
  }

  @ParameterizedTest
  @EnumSource
  void anUploadIsLost(Dialect dialect) throws IOException {
    String started =
        PlainHttp.send("POST", dialect.at("/bucket/parts?uploads"), new byte[0]).body();
    String id = started.replaceAll("(?s).*<UploadId>(.*)</UploadId>.*", "$1");
    emulator
        .faults()
        .order(FaultRule.on(RequestKind.MULTIPART_PART).times(1).does(Fault.loseUpload()));
    RawAnswer lost =
        RawAnswer.to(
            "PUT", dialect.at("/bucket/parts?partNumber=1&uploadId=" + id), new byte[] {1});
    assertTrue(lost.body().contains("NoSuchUpload"), lost.body());
  }

  @ParameterizedTest
  @EnumSource
  void theStoresClockIsAnother(Dialect dialect) throws IOException {
    emulator.faults().shiftClock(Duration.ofHours(3));
    RawAnswer answer = RawAnswer.to("GET", dialect.at("/bucket/key"));
    Instant told =
        DateTimeFormatter.RFC_1123_DATE_TIME.parse(answer.values("date").getFirst(), Instant::from);
    assertTrue(told.isAfter(Instant.now().plus(Duration.ofMinutes(179))));
    assertFalse(emulator.faults().now().isBefore(told));
  }
}
