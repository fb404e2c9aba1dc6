// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.transport.s3;

import io.sluicefs.emulator.EmulatorOptions;
import io.sluicefs.emulator.Faults;
import io.sluicefs.emulator.RequestKind;
import io.sluicefs.spi.testkit.transport.TransportContract;
import io.sluicefs.spi.transport.TransportProvider;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;

/** The contract of transports against the emulator, for each way to reach it. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class S3EmulatorContract extends TransportContract {
  @SuppressWarnings("NullAway.Init") // set before all tests
  private EmulatedS3 store;

  abstract EmulatorOptions options();

  /** Changes the settings to what is tested. */
  abstract void adapt(EmulatedS3 emulated, Map<String, String> settings) throws IOException;

  @BeforeAll
  void start() throws Exception {
    store = new EmulatedS3(options());
  }

  @AfterAll
  void stop() {
    store.close();
  }

  @Override
  protected TransportProvider provider() {
    return new S3TransportProvider();
  }

  @Override
  protected Map<String, String> settings() {
    Map<String, String> settings = store.settings();
    try {
      adapt(store, settings);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return settings;
  }

  @Override
  protected void store(String key, byte[] content) throws Exception {
    store.emulator.store().put(EmulatedS3.BUCKET, key, content);
  }

  @Override
  protected void remove(String key) throws Exception {
    store.emulator.store().delete(EmulatedS3.BUCKET, key);
  }

  @Override
  protected AutoCloseable delayAnswers(Duration delay) {
    store.emulator.conditions().latency(delay);
    return () -> store.emulator.conditions().latency(Duration.ZERO);
  }

  @Override
  protected boolean goWrong(Change request, Fault fault) {
    RequestKind kind =
        switch (request) {
          case PUT -> RequestKind.PUT;
          case PART -> RequestKind.MULTIPART_PART;
          case COMPLETE -> RequestKind.MULTIPART_COMPLETE;
          case COPY -> RequestKind.COPY;
          case DELETE -> RequestKind.DELETE;
        };
    Faults faults = store.emulator.faults();
    switch (fault) {
      case LOST_ANSWER -> faults.dropAnswers(kind, 1);
      case LATE_ERROR -> faults.failLate(kind, "InternalError", 1);
      case DAMAGED_BODY -> faults.flipBits(kind, 1);
    }
    return true;
  }
}
