// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.transport.s3;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluicefs.emulator.EmulatorOptions;
import io.sluicefs.emulator.RequestKind;
import io.sluicefs.spi.ByteRange;
import io.sluicefs.spi.ObjectId;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.transport.ListRequest;
import io.sluicefs.spi.transport.MultipartUpload;
import io.sluicefs.spi.transport.MultipartUpload.Part;
import io.sluicefs.spi.transport.PutOptions;
import io.sluicefs.spi.transport.Transport;
import io.sluicefs.spi.transport.UploadBody;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Whatever the store refuses, the error says what the store calls the request. */
class S3RequestIdTest {
  private static final Pattern REQUEST_ID = Pattern.compile("request (id )?[0-9A-Fa-f]{8,}\\b");
  private static final int PART = 5 << 20;

  /** What a transport is asked, which the store refuses. */
  enum Operation {
    HEAD(RequestKind.HEAD),
    LIST(RequestKind.LIST),
    READ(RequestKind.GET),
    PUT(RequestKind.PUT),
    COPY(RequestKind.COPY),
    DELETE_ONE(RequestKind.DELETE),
    DELETE_SEVERAL(RequestKind.DELETE),
    START(RequestKind.MULTIPART_INITIATE),
    PART(RequestKind.MULTIPART_PART),
    PART_COPY(RequestKind.MULTIPART_PART),
    COMPLETE(RequestKind.MULTIPART_COMPLETE),
    LIST_UPLOADS(RequestKind.OTHER);

    private final RequestKind kind;

    Operation(RequestKind kind) {
      this.kind = kind;
    }

    private boolean mayFailLate() {
      return this == COPY || this == PART_COPY || this == COMPLETE;
    }
  }

  private final Arena arena = Arena.ofShared();
  private final UploadBody body = new UploadBody(List.of(arena.allocate(PART)));

  @SuppressWarnings("NullAway.Init") // set before each test
  private EmulatedS3 store;

  @SuppressWarnings("NullAway.Init") // set before each test
  private Transport transport;

  @SuppressWarnings("NullAway.Init") // set before each test
  private ObjectId object;

  @BeforeEach
  @SuppressWarnings("MustBeClosedChecker") // closed after each
  void start() throws Exception {
    store = new EmulatedS3(EmulatorOptions.defaults());
    transport = store.open(Map.of());
    object = transport.put("a", PutOptions.REPLACE, body).id();
  }

  @AfterEach
  void stop() {
    transport.close();
    store.close();
    arena.close();
  }

  static Stream<Arguments> refusals() {
    return Stream.of(Operation.values())
        .flatMap(
            operation ->
                Stream.of(
                    Arguments.of(operation, 400, "InvalidArgument"),
                    Arguments.of(operation, 403, "AccessDenied"),
                    Arguments.of(operation, 404, "NoSuchBucket"),
                    Arguments.of(operation, 412, "PreconditionFailed"),
                    Arguments.of(operation, 500, "InternalError"),
                    Arguments.of(operation, 503, "SlowDown")));
  }

  @ParameterizedTest
  @MethodSource("refusals")
  void aRefusalNamesTheRequest(Operation operation, int status, String code) {
    assertNamed(operation, () -> store.emulator.faults().refuse(operation.kind, status, code, 20));
  }

  static Stream<Operation> late() {
    return Stream.of(Operation.values()).filter(Operation::mayFailLate);
  }

  @ParameterizedTest
  @MethodSource("late")
  void anErrorInAnAnswerThatBeganWellNamesTheRequest(Operation operation) {
    assertNamed(
        operation, () -> store.emulator.faults().failLate(operation.kind, "InternalError", 20));
  }

  private void assertNamed(Operation operation, Runnable fault) {
    StorageException failure =
        assertThrows(StorageException.class, () -> run(operation, fault), operation.name());
    String message = String.valueOf(failure.getMessage());
    assertTrue(REQUEST_ID.matcher(message).find(), message);
    assertEquals(1, message.lines().count(), message);
  }

  /** Prepares what the operation needs, and then lets the store refuse it. */
  private void run(Operation operation, Runnable fault) throws StorageException {
    switch (operation) {
      case START -> {
        fault.run();
        try (MultipartUpload upload = transport.startMultipartUpload("b", PutOptions.REPLACE)) {
          assertEquals("", upload.uploadId(), "it should have been refused");
        }
      }
      case PART, PART_COPY, COMPLETE -> {
        try (MultipartUpload upload = transport.startMultipartUpload("b", PutOptions.REPLACE)) {
          List<Part> parts =
              operation == Operation.COMPLETE ? List.of(upload.uploadPart(1, body)) : List.of();
          fault.run();
          switch (operation) {
            case PART -> upload.uploadPart(1, body);
            case PART_COPY -> upload.uploadPartCopy(1, object, new ByteRange(0, PART));
            default -> upload.complete(parts);
          }
        }
      }
      default -> {
        fault.run();
        simple(operation);
      }
    }
  }

  private void simple(Operation operation) throws StorageException {
    switch (operation) {
      case HEAD -> transport.head("a");
      case LIST -> transport.list(new ListRequest("", "", null, 10));
      case READ ->
          transport.read(
              object,
              new ByteRange(0, 1),
              new ByteBuffer[] {ByteBuffer.allocateDirect(1)},
              bytes -> {});
      case PUT -> transport.put("b", PutOptions.REPLACE, body);
      case COPY -> transport.copy(object, PART, "b", PutOptions.REPLACE);
      case DELETE_ONE -> transport.delete(List.of("a"));
      case DELETE_SEVERAL -> transport.delete(List.of("a", "b"));
      case LIST_UPLOADS -> transport.listUploads("");
      default -> throw new AssertionError(operation);
    }
  }
}
