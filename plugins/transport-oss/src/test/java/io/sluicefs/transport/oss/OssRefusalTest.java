// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.transport.oss;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluicefs.emulator.Emulator;
import io.sluicefs.emulator.EmulatorOptions;
import io.sluicefs.emulator.RequestKind;
import io.sluicefs.spi.ByteRange;
import io.sluicefs.spi.ObjectId;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import io.sluicefs.spi.transport.ListRequest;
import io.sluicefs.spi.transport.ReadProgress;
import io.sluicefs.spi.transport.Transport;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a store says to the wrong key, secret, bucket and region, whichever request it is. */
class OssRefusalTest {
  @SuppressWarnings("NullAway.Init") // set before all tests
  private static Emulator emulator;

  @BeforeAll
  static void start() throws IOException {
    emulator = Emulator.start(EmulatorOptions.defaults());
    emulator.store().createBucket("models");
    emulator.store().putSynthetic("models", "a", 1000, 1);
  }

  @AfterAll
  static void stop() {
    emulator.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"v1", "v4"})
  void namesAKeyThatIsUnknown(String signature) throws Exception {
    refused(
        Map.of("signature", signature, "region", "cn-hangzhou", "access-key-id", "stranger"),
        Kind.BAD_CREDENTIALS,
        "InvalidAccessKeyId",
        "transport.oss.access-key-id");
  }

  @ParameterizedTest
  @ValueSource(strings = {"v1", "v4"})
  void namesASecretThatIsWrong(String signature) throws Exception {
    refused(
        Map.of("signature", signature, "region", "cn-hangzhou", "access-key-secret", "hidden"),
        Kind.BAD_CREDENTIALS,
        "SignatureDoesNotMatch",
        "secret");
  }

  @Test
  void namesABucketThatDoesNotExist() throws Exception {
    refused(
        Map.of("bucket", "no-models"),
        Kind.NO_SUCH_BUCKET,
        "NoSuchBucket",
        "transport.oss.bucket",
        "no-models");
  }

  @Test
  void refusesUnsignedRequests() throws Exception {
    refused(Map.of("credentials", "anonymous"), Kind.ACCESS_DENIED, "AccessDenied");
  }

  @Test
  void takesTheKeyOfAProgram() throws Exception {
    String json = "{\"AccessKeyId\":\"emulator\",\"AccessKeySecret\":\"emulator-secret\"}";
    try (Transport transport =
        OssTransports.open(
            emulator.ossEndpoint().toString(),
            Map.of("credentials", "process", "credential-process", "echo '" + json + "'"))) {
      assertEquals(1000, transport.head("a").size());
    }
  }

  @Test
  void sendsOneRequestForEachQuestion() throws Exception {
    try (Transport transport = OssTransports.open(emulator.ossEndpoint().toString(), Map.of())) {
      emulator.counters().reset();
      ObjectId id = transport.head("a").id();
      transport.list(ListRequest.directory(""));
      transport.list(ListRequest.directory(""));
      read(transport, id);

      assertEquals(1, emulator.counters().snapshot().requests(RequestKind.HEAD));
      assertEquals(2, emulator.counters().snapshot().requests(RequestKind.LIST));
      assertEquals(1, emulator.counters().snapshot().requests(RequestKind.GET));
      assertEquals(4, emulator.counters().snapshot().totalRequests());
      assertEquals(1000, emulator.counters().snapshot().bytesOut());
    }
  }

  private static void refused(Map<String, String> settings, Kind kind, String... words)
      throws Exception {
    Map<String, String> all = new HashMap<>(settings);
    try (Transport transport = OssTransports.open(emulator.ossEndpoint().toString(), all)) {
      for (Executable request :
          List.<Executable>of(
              () -> transport.head("a"),
              () -> transport.list(ListRequest.directory("")),
              () -> read(transport, new ObjectId("a", "E")))) {
        StorageException failure = assertThrows(StorageException.class, request);
        String message = String.valueOf(failure.getMessage());
        assertEquals(kind, failure.kind(), message);
        for (String word : words) {
          assertTrue(message.contains(word), message);
        }
        assertTrue(message.contains("request id"), message);
        assertFalse(message.contains("hidden"), message);
        assertFalse(message.contains("\n"), message);
      }
    }
  }

  private static void read(Transport transport, ObjectId id) throws StorageException {
    ByteBuffer target = ByteBuffer.allocateDirect(1000);
    transport.read(id, new ByteRange(0, 1000), new ByteBuffer[] {target}, ReadProgress.NONE);
  }
}
