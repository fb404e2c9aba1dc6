// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.transport.s3;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluicefs.emulator.EmulatorOptions;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import io.sluicefs.spi.transport.ListRequest;
import io.sluicefs.spi.transport.MultipartUpload;
import io.sluicefs.spi.transport.PutOptions;
import io.sluicefs.spi.transport.Transport;
import io.sluicefs.spi.transport.UploadBody;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What is out of date is brought up to date, once. */
class S3RemediesTest {
  private static final String THERE = "empty";

  @TempDir
  @SuppressWarnings("NullAway.Init") // set before each test
  private Path folder;

  @SuppressWarnings("NullAway.Init") // set before each test
  private EmulatedS3 store;

  /** A request, by the way it is sent. */
  enum Way {
    PAST_THE_SDK {
      @Override
      void ask(Transport transport) throws StorageException {
        var _ = transport.list(new ListRequest("", "", null, 1000));
      }
    },
    WITHOUT_A_BODY_OF_THE_ANSWER {
      @Override
      void ask(Transport transport) throws StorageException {
        assertEquals(0, transport.head(THERE).size());
      }
    },
    BY_THE_SDK {
      @Override
      void ask(Transport transport) throws StorageException {
        try (MultipartUpload upload = transport.startMultipartUpload("key", PutOptions.REPLACE)) {
          var _ = upload.uploadId();
        }
      }
    };

    abstract void ask(Transport transport) throws StorageException;
  }

  @BeforeEach
  void start() throws Exception {
    store = new EmulatedS3(EmulatorOptions.defaults());
    try (Transport transport = store.open(Map.of())) {
      var _ = transport.put(THERE, PutOptions.REPLACE, new UploadBody(List.of()));
    }
  }

  @AfterEach
  void stop() {
    store.close();
  }

  @ParameterizedTest
  @EnumSource
  void aWrongClockIsCorrectedByTheStoresTime(Way way) throws Exception {
    store.emulator.faults().shiftClock(Duration.ofHours(5));
    try (Transport transport = store.open(Map.of())) {
      way.ask(transport);
    }
  }

  @ParameterizedTest
  @EnumSource
  void credentialsTheStoreRefusesAreAskedForAnew(Way way) throws Exception {
    give("former", "secret");
    try (Transport transport = open()) {
      give("emulator", "emulator-secret");
      way.ask(transport);
    }
  }

  @Test
  void aSourceWithoutBetterCredentialsIsNotAskedWithEachRequest() throws Exception {
    give("former", "secret");
    try (Transport transport = open()) {
      for (int i = 0; i < 5; i++) {
        assertRefused(transport);
      }
    }
    int asked = Files.readAllLines(folder.resolve("asked")).size();
    assertTrue(asked < 5, "asked " + asked + " times");
  }

  @Test
  void aRefusalWithoutABodyIsExplained() throws Exception {
    give("former", "secret");
    try (Transport transport = open()) {
      StorageException refused = assertThrows(StorageException.class, () -> transport.head(THERE));
      assertEquals(Kind.BAD_CREDENTIALS, refused.kind());
      String text = String.valueOf(refused.getMessage());
      assertTrue(text.contains("InvalidAccessKeyId"), text);
    }
  }

  private static void assertRefused(Transport transport) {
    StorageException refused =
        assertThrows(StorageException.class, () -> Way.PAST_THE_SDK.ask(transport));
    assertEquals(Kind.BAD_CREDENTIALS, refused.kind());
  }

  private void give(String id, String secret) throws IOException {
    Files.writeString(
        folder.resolve("credentials"),
        "{\"Version\": 1, \"AccessKeyId\": \"%s\", \"SecretAccessKey\": \"%s\"}"
            .formatted(id, secret));
  }

  @SuppressWarnings("MustBeClosedChecker") // the caller closes what it asked for
  private Transport open() throws Exception {
    return store.open(
        Map.of(
            "credentials",
            "process",
            "access-key-id",
            "",
            "access-key-secret",
            "",
            "credential-process",
            "echo x >> '%1$s/asked'; cat '%1$s/credentials'".formatted(folder)));
  }
}
