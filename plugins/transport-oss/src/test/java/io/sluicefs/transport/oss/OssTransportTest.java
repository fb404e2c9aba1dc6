// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.transport.oss;

import io.sluicefs.emulator.Emulator;
import io.sluicefs.emulator.EmulatorOptions;
import io.sluicefs.emulator.Faults;
import io.sluicefs.emulator.RequestKind;
import io.sluicefs.spi.testkit.transport.TransportContract;
import io.sluicefs.spi.transport.TransportProvider;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;

class OssTransportTest {
  private static final String BUCKET = "models";

  @SuppressWarnings("NullAway.Init") // set before all tests
  private static Emulator emulator;

  @BeforeAll
  static void start() throws IOException {
    emulator = Emulator.start(EmulatorOptions.defaults());
    emulator.store().createBucket(BUCKET);
  }

  @AfterAll
  static void stop() {
    emulator.close();
  }

  @Nested
  class SignedV1 extends Contract {
    SignedV1() {
      super(Map.of("signature", "v1"));
    }
  }

  @Nested
  class SignedV4 extends Contract {
    SignedV4() {
      super(Map.of("region", "cn-hangzhou"));
    }
  }

  abstract static class Contract extends TransportContract {
    private final Map<String, String> settings;

    Contract(Map<String, String> settings) {
      this.settings = settings;
    }

    @Override
    protected TransportProvider provider() {
      return new OssTransportProvider();
    }

    @Override
    protected Map<String, String> settings() {
      Map<String, String> all = new HashMap<>(settings);
      all.put("endpoint", emulator.ossEndpoint().toString());
      all.put("bucket", BUCKET);
      all.put("path-style", "true");
      all.put("access-key-id", "emulator");
      all.put("access-key-secret", "emulator-secret");
      return all;
    }

    @Override
    protected void store(String key, byte[] content) throws IOException {
      emulator.store().put(BUCKET, key, content);
    }

    @Override
    protected void remove(String key) throws IOException {
      emulator.store().delete(BUCKET, key);
    }

    @Override
    protected @Nullable String refusal(String key) {
      return key.getBytes(StandardCharsets.UTF_8).length > 1023
          ? "a key of OSS has at most 1023 bytes"
          : null;
    }

    @Override
    protected AutoCloseable delayAnswers(Duration delay) {
      emulator.conditions().latency(delay);
      return () -> emulator.conditions().latency(Duration.ZERO);
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
      Faults faults = emulator.faults();
      switch (fault) {
        case LOST_ANSWER -> faults.dropAnswers(kind, 1);
        case LATE_ERROR -> faults.failLate(kind, "InternalError", 1);
        case DAMAGED_BODY -> faults.flipBits(kind, 1);
      }
      return true;
    }
  }
}
