// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.emulator;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmulatorTest {
  private static final EmulatorOptions OPEN = EmulatorOptions.defaults().withAnonymousAccess();

  @Test
  void bothDialectsSeeOneStore() throws IOException {
    try (Emulator emulator = Emulator.start(OPEN)) {
      emulator.store().createBucket("bucket");
      emulator.store().put("bucket", "a", "content".getBytes(StandardCharsets.US_ASCII));
      assertEquals(
          "content", PlainHttp.send("GET", emulator.s3Endpoint().resolve("/bucket/a")).body());
      assertEquals(
          "content", PlainHttp.send("GET", emulator.ossEndpoint().resolve("/bucket/a")).body());
      PlainHttp.send("PUT", emulator.ossEndpoint().resolve("/bucket/b"), new byte[] {'x'});
      assertEquals("x", PlainHttp.send("GET", emulator.s3Endpoint().resolve("/bucket/b")).body());
    }
  }

  @Test
  void whatWasServedIsToldOverHttp() throws IOException {
    try (Emulator emulator = Emulator.start(OPEN)) {
      URI admin = emulator.adminEndpoint();
      assertEquals(204, PlainHttp.send("POST", admin.resolve("/buckets/bucket")).status());
      assertEquals(
          200,
          PlainHttp.send("PUT", admin.resolve("/objects/bucket/dir/a%20b?size=1000&seed=2"))
              .status());
      PlainHttp.send("GET", emulator.s3Endpoint().resolve("/bucket/dir/a%20b"));
      PlainHttp.send("GET", emulator.s3Endpoint().resolve("/bucket/none"));
      String counters = PlainHttp.send("GET", admin.resolve("/counters")).body();
      assertTrue(counters.contains("\"get\":2,"), counters);
      assertTrue(counters.contains("\"404\":1"), counters);
      assertTrue(counters.contains("\"bytes-out\":1000"), counters);
      PlainHttp.send("POST", admin.resolve("/counters/reset"));
      assertEquals(0, emulator.counters().snapshot().totalRequests());
      assertEquals(
          200,
          PlainHttp.send(
                  "PUT",
                  admin.resolve("/conditions?latency-ms=3&bytes-per-second-per-connection=7"))
              .status());
      assertEquals(Duration.ofMillis(3), emulator.conditions().latency());
      assertEquals(7, emulator.conditions().bytesPerSecondPerConnection());
      assertEquals(404, PlainHttp.send("GET", admin.resolve("/nothing")).status());
      assertEquals(400, PlainHttp.send("PUT", admin.resolve("/conditions?latency-ms=x")).status());
    }
  }

  @Test
  void keysAndPendingUploadsAreToldOverHttp() throws IOException {
    try (Emulator emulator = Emulator.start(OPEN)) {
      URI admin = emulator.adminEndpoint();
      emulator.store().createBucket("bucket");
      assertEquals("{\"keys\":[]}\n", PlainHttp.send("GET", admin.resolve("/keys/bucket")).body());
      emulator.store().put("bucket", "b\"\\\n", new byte[0]);
      emulator.store().put("bucket", "a", new byte[0]);
      assertEquals(
          "{\"keys\":[\"a\",\"b\\\"\\\\\\u000a\"]}\n",
          PlainHttp.send("GET", admin.resolve("/keys/bucket")).body());
      URI uploads = admin.resolve("/uploads/bucket");
      assertEquals("{\"uploads\":[]}\n", PlainHttp.send("GET", uploads).body());
      PlainHttp.send("POST", emulator.s3Endpoint().resolve("/bucket/big?uploads"), new byte[0]);
      assertEquals("{\"uploads\":[\"big\"]}\n", PlainHttp.send("GET", uploads).body());
      assertEquals(404, PlainHttp.send("GET", admin.resolve("/keys/none")).status());
    }
  }

  @Test
  void anAnswerIsDelayedAndPaced() throws IOException {
    EmulatorOptions slow =
        OPEN.withLatency(Duration.ofMillis(200)).withBytesPerSecondPerConnection(1_000_000);
    try (Emulator emulator = Emulator.start(slow)) {
      emulator.store().createBucket("bucket");
      emulator.store().putSynthetic("bucket", "a", 500_000, 1);
      long start = System.nanoTime();
      PlainHttp.send("GET", emulator.s3Endpoint().resolve("/bucket/a"));
      // 200 ms, and half a second but for the last piece, which is on its way at once.
      assertTrue(
          System.nanoTime() - start > 650_000_000, () -> (System.nanoTime() - start) + " ns");
    }
  }

  @Test
  void anAbandonedAnswerCountsWhatWentOut() throws IOException {
    try (Emulator emulator = Emulator.start(OPEN)) {
      emulator.store().createBucket("bucket");
      emulator.store().putSynthetic("bucket", "huge", 1L << 50, 1);
      try (Socket socket =
          new Socket(InetAddress.getLoopbackAddress(), emulator.s3Endpoint().getPort())) {
        OutputStream out = socket.getOutputStream();
        out.write(
            "GET /bucket/huge HTTP/1.1\r\nHost: localhost\r\n\r\n"
                .getBytes(StandardCharsets.US_ASCII));
        out.flush();
        InputStream in = socket.getInputStream();
        assertEquals(5_000_000, in.readNBytes(5_000_000).length);
      }
      long counted = emulator.counters().snapshot().bytesOut();
      assertTrue(counted > 4_900_000 && counted < 50_000_000, () -> counted + " bytes");
    }
  }

  @Test
  void objectsInADirectoryAreThereAfterARestart(@TempDir Path folder) throws IOException {
    EmulatorOptions kept = OPEN.withDirectory(folder.resolve("store"));
    List<String> keys =
        List.of(
            "../../escape",
            "a",
            "a/",
            "a//b",
            "a/b",
            "key\nwith lines=ü",
            "long" + "x".repeat(1000));
    byte[] large = new byte[20_000_000];
    Arrays.fill(large, (byte) 7);
    String sha256;
    try (Emulator emulator = Emulator.start(kept)) {
      emulator.store().createBucket("bucket");
      for (String key : keys) {
        emulator.store().put("bucket", key, key.getBytes(StandardCharsets.UTF_8), Map.of("K", "v"));
      }
      PlainHttp.send("PUT", emulator.ossEndpoint().resolve("/bucket/large"), large);
      PlainHttp.send("PUT", emulator.ossEndpoint().resolve("/bucket/large"), large);
      emulator.store().putSynthetic("bucket", "synthetic", new byte[] {1, 2}, 1000, 9);
      sha256 = emulator.store().sha256("bucket", "synthetic");
    }
    try (Emulator emulator = Emulator.start(kept)) {
      for (String key : keys) {
        assertArrayEquals(
            key.getBytes(StandardCharsets.UTF_8), emulator.store().bytes("bucket", key));
        assertEquals("v", emulator.store().get("bucket", key).orElseThrow().metadata().get("K"));
      }
      assertEquals(keys.size() + 2, emulator.store().keys("bucket").size());
      assertArrayEquals(large, emulator.store().bytes("bucket", "large"));
      assertEquals(
          20_000_000,
          PlainHttp.send("GET", emulator.s3Endpoint().resolve("/bucket/large")).body().length());
      assertEquals(sha256, emulator.store().sha256("bucket", "synthetic"));
      for (String key : emulator.store().keys("bucket")) {
        emulator.store().delete("bucket", key);
      }
    }
    try (Stream<Path> left = Files.list(folder.resolve("store/data"))) {
      assertEquals(0, left.count());
    }
    try (Stream<Path> outside = Files.list(folder)) {
      assertEquals(1, outside.count());
    }
  }

  @Test
  void aTestCanTrustTheCertificate(@TempDir Path folder) throws Exception {
    for (EmulatorOptions options : List.of(OPEN, OPEN.withDirectory(folder))) {
      try (Emulator emulator = Emulator.start(options.withTls())) {
        emulator.store().createBucket("bucket");
        emulator.store().put("bucket", "a", new byte[3_000_000]);
        KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
        trusted.load(null);
        trusted.setCertificateEntry("emulator", assertNotNullAnd(emulator.certificate()));
        TrustManagerFactory trust =
            TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(trusted);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        URI address = emulator.s3Endpoint().resolve("/bucket/a");
        assertThrows(IOException.class, () -> PlainHttp.send("GET", address));
        HttpsURLConnection connection = (HttpsURLConnection) address.toURL().openConnection();
        connection.setSSLSocketFactory(context.getSocketFactory());
        try (InputStream in = connection.getInputStream()) {
          assertEquals(3_000_000, in.readAllBytes().length);
        }
        assertEquals(3_000_000, emulator.counters().snapshot().bytesOut());
      }
    }
  }

  private static <T> T assertNotNullAnd(@Nullable T value) {
    assertNotNull(value);
    return value;
  }

  @Test
  void aPortThatIsTakenIsNamed() throws IOException {
    try (Emulator first = Emulator.start(OPEN)) {
      int port = first.s3Endpoint().getPort();
      IOException refused =
          assertThrows(IOException.class, () -> Emulator.start(OPEN.withPorts(port, 0, 0)).close());
      assertTrue(refused.toString().contains("127.0.0.1:" + port), refused::toString);
    }
  }

  @Test
  void aSyntheticContentIsTheSameEverywhere() throws IOException {
    try (Emulator emulator = Emulator.start(OPEN)) {
      emulator.store().createBucket("bucket");
      emulator.store().putSynthetic("bucket", "a", 16, 0);
      assertEquals(
          "d4a990f689fb954756e62305babba8d1",
          HexFormat.of().formatHex(emulator.store().bytes("bucket", "a")));
    }
  }
}
