// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.transport.s3;

import io.sluicefs.emulator.Emulator;
import io.sluicefs.emulator.EmulatorOptions;
import io.sluicefs.spi.testkit.LeakCheckedMemory;
import io.sluicefs.spi.testkit.TestContext;
import io.sluicefs.spi.transport.Transport;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;

/** The project's emulator with one bucket, and the settings that reach it. */
final class EmulatedS3 implements AutoCloseable {
  static final String BUCKET = "contract";

  final Emulator emulator;

  EmulatedS3(EmulatorOptions options) throws IOException {
    emulator = Emulator.start(options);
    emulator.store().createBucket(BUCKET);
  }

  /** Returns settings of the identity the emulator knows. */
  Map<String, String> settings() {
    Map<String, String> settings = new HashMap<>();
    settings.put("endpoint", emulator.s3Endpoint().toString());
    settings.put("bucket", BUCKET);
    settings.put("region", "us-east-1");
    // The first use of the SDK takes a busy machine longer than a store may.
    settings.put("request-timeout", "60s");
    settings.put("credentials", "static");
    settings.put("access-key-id", "emulator");
    settings.put("access-key-secret", "emulator-secret");
    return settings;
  }

  /** Opens a transport with some settings changed; an empty value removes one. */
  @SuppressWarnings("MustBeClosedChecker") // the caller closes what it asked for
  Transport open(Map<String, String> changes) throws Exception {
    Map<String, String> settings = settings();
    settings.putAll(changes);
    settings.values().removeIf(String::isEmpty);
    S3TransportProvider provider = new S3TransportProvider();
    return provider.open(TestContext.of(provider, settings, new LeakCheckedMemory(1 << 20)));
  }

  @Override
  public void close() {
    emulator.close();
  }
}
