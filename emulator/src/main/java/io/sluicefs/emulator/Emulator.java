// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.emulator;

import java.io.IOException;
import java.net.URI;
import java.security.cert.X509Certificate;
import org.jspecify.annotations.Nullable;

/**
 * An object store on 127.0.0.1: one process, one store, two dialects. Runs until closed; the
 * threads are daemons.
 *
 * <pre>{@code
 * try (Emulator emulator = Emulator.start(EmulatorOptions.defaults())) {
 *   emulator.store().createBucket("models");
 *   emulator.store().putSynthetic("models", "weights.bin", 1L << 30, 1);
 *   ... emulator.s3Endpoint() ... emulator.counters().snapshot().bytesOut() ...
 * }
 * }</pre>
 */
@SuppressWarnings("DoNotCallSuggester") // the listeners come next
public final class Emulator implements AutoCloseable {
  private Emulator() {}

  /** Starts the three listeners; each answers when this returns. */
  public static Emulator start(EmulatorOptions options) throws IOException {
    throw new IOException("not built yet: " + options);
  }

  public URI s3Endpoint() {
    throw new IllegalStateException();
  }

  public URI ossEndpoint() {
    throw new IllegalStateException();
  }

  public URI adminEndpoint() {
    throw new IllegalStateException();
  }

  public ObjectStore store() {
    throw new IllegalStateException();
  }

  public Counters counters() {
    throw new IllegalStateException();
  }

  /** Latency and bandwidth, to be changed at any time. */
  public Conditions conditions() {
    throw new IllegalStateException();
  }

  /** The certificate the dialects show; null without TLS. */
  public @Nullable X509Certificate certificate() {
    throw new IllegalStateException();
  }

  /** Closes the listeners and every connection. Objects kept in a directory stay. */
  @Override
  public void close() {}
}
