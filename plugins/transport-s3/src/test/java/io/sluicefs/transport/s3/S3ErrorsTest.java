// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.transport.s3;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluicefs.emulator.EmulatorOptions;
import io.sluicefs.emulator.Fault;
import io.sluicefs.emulator.FaultRule;
import io.sluicefs.spi.ByteRange;
import io.sluicefs.spi.ObjectId;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import io.sluicefs.spi.transport.ListRequest;
import io.sluicefs.spi.transport.ReadProgress;
import io.sluicefs.spi.transport.Transport;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a person is told when something is set wrong. */
class S3ErrorsTest {
  @SuppressWarnings("NullAway.Init") // set before all tests
  private static EmulatedS3 store;

  @BeforeAll
  static void start() throws Exception {
    store = new EmulatedS3(EmulatorOptions.defaults());
    store.emulator.store().put(EmulatedS3.BUCKET, "object", new byte[100]);
  }

  @AfterAll
  static void stop() {
    store.close();
  }

  @Test
  void passesOnWhenTheStoreAsksToComeAgain() throws Exception {
    try (Transport transport = store.open(Map.of())) {
      for (int status : new int[] {429, 503}) {
        store
            .emulator
            .faults()
            .order(FaultRule.on().times(3).does(Fault.refuse(status, "SlowDown", "17")));
        assertRetryAfter(() -> transport.head("object"));
        assertRetryAfter(() -> transport.list(ListRequest.directory("")));
        assertRetryAfter(() -> transport.delete(List.of("none", "more")));
      }
    } finally {
      store.emulator.faults().clear();
    }
  }

  private static void assertRetryAfter(Executable request) {
    StorageException failure = assertThrows(StorageException.class, request);
    assertTrue(failure.retryable(), failure::toString);
    assertEquals(Duration.ofSeconds(17), failure.retryAfter());
  }

  @ParameterizedTest
  @CsvSource({
    "access-key-id, AKIAWRONG, BAD_CREDENTIALS, access key",
    "access-key-secret, wrong, BAD_CREDENTIALS, secret access key",
    "bucket, no-such-bucket, NO_SUCH_BUCKET, no-such-bucket",
    "endpoint, http://no-such-host.localhost:1, UNREACHABLE, no-such-host.localhost",
  })
  void namesWhatIsWrongWhenItLists(String setting, String value, Kind kind, String expected)
      throws Exception {
    try (Transport transport = store.open(Map.of(setting, value))) {
      StorageException failure =
          assertThrows(StorageException.class, () -> transport.list(ListRequest.directory("")));
      assertIsClear(failure, kind, expected);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "access-key-id, AKIAWRONG, BAD_CREDENTIALS, access key",
    "access-key-secret, wrong, BAD_CREDENTIALS, secret access key",
    "bucket, no-such-bucket, NO_SUCH_BUCKET, no-such-bucket",
    "endpoint, http://no-such-host.localhost:1, UNREACHABLE, no-such-host.localhost",
  })
  void namesWhatIsWrongWhenItReads(String setting, String value, Kind kind, String expected)
      throws Exception {
    try (Transport transport = store.open(Map.of(setting, value))) {
      assertIsClear(readFailure(transport), kind, expected);
    }
  }

  @Test
  void namesAnEndpointNobodyListensAt() throws Exception {
    int port;
    try (ServerSocket unused = new ServerSocket(0)) {
      port = unused.getLocalPort();
    }
    String endpoint = "http://127.0.0.1:" + port;
    try (Transport transport = store.open(Map.of("endpoint", endpoint))) {
      assertIsClear(readFailure(transport), Kind.UNREACHABLE, endpoint);
      assertIsClear(
          assertThrows(StorageException.class, () -> transport.list(ListRequest.directory(""))),
          Kind.UNREACHABLE,
          endpoint);
    }
  }

  @Test
  void namesTheRightRegion() throws Exception {
    try (Transport transport = store.open(Map.of("region", "eu-west-3"))) {
      assertIsClear(readFailure(transport), Kind.INVALID_REQUEST, "us-east-1");
      assertIsClear(
          assertThrows(StorageException.class, () -> transport.list(ListRequest.directory(""))),
          Kind.INVALID_REQUEST,
          "us-east-1");
    }
  }

  @Test
  void saysThatAnonymousRequestsAreDenied() throws Exception {
    Map<String, String> anonymous =
        Map.of("credentials", "anonymous", "access-key-id", "", "access-key-secret", "");
    try (Transport transport = store.open(anonymous)) {
      assertIsClear(readFailure(transport), Kind.ACCESS_DENIED, "credentials = anonymous");
    }
  }

  @Test
  void readsAnonymouslyWhereThatIsAllowed() throws Exception {
    try (EmulatedS3 open = new EmulatedS3(EmulatorOptions.defaults().withAnonymousAccess())) {
      open.emulator.store().put(EmulatedS3.BUCKET, "object", new byte[100]);
      Map<String, String> anonymous =
          Map.of("credentials", "anonymous", "access-key-id", "", "access-key-secret", "");
      try (Transport transport = open.open(anonymous)) {
        ObjectId id = transport.head("object").id();
        ByteBuffer[] target = {ByteBuffer.allocateDirect(100)};
        transport.read(id, new ByteRange(0, 100), target, ReadProgress.NONE);
        assertFalse(target[0].hasRemaining());
        assertEquals(1, transport.list(ListRequest.directory("")).objects().size());
      }
    }
  }

  private static StorageException readFailure(Transport transport) {
    ObjectId id = new ObjectId("object", "0123456789abcdef0123456789abcdef");
    return assertThrows(
        StorageException.class,
        () ->
            transport.read(
                id,
                new ByteRange(0, 10),
                new ByteBuffer[] {ByteBuffer.allocateDirect(10)},
                ReadProgress.NONE));
  }

  private static void assertIsClear(StorageException failure, Kind kind, String expected) {
    String message = String.valueOf(failure.getMessage());
    assertEquals(kind, failure.kind(), message);
    assertTrue(message.contains(expected), message);
    assertFalse(message.contains("\n") || message.contains("emulator-secret"), message);
  }
}
