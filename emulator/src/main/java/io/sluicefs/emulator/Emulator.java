// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.emulator;

import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.handler.ssl.SslContext;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.EventExecutor;
import io.sluicefs.emulator.Identity.AccessKey;
import io.sluicefs.emulator.admin.AdminDialect;
import io.sluicefs.emulator.http.Dialect;
import io.sluicefs.emulator.http.Listener;
import io.sluicefs.emulator.http.Surroundings;
import io.sluicefs.emulator.oss.OssDialect;
import io.sluicefs.emulator.s3.S3Dialect;
import io.sluicefs.emulator.store.Catalog;
import io.sluicefs.emulator.store.DirectoryBacking;
import io.sluicefs.emulator.store.MemoryBacking;
import java.io.IOException;
import java.net.URI;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * An object store on one address, 127.0.0.1 unless it is told another: one process, one store, two
 * dialects. Runs until closed; the threads are daemons.
 *
 * <pre>{@code
 * try (Emulator emulator = Emulator.start(EmulatorOptions.defaults())) {
 *   emulator.store().createBucket("models");
 *   emulator.store().putSynthetic("models", "weights.bin", 1L << 30, 1);
 *   ... emulator.s3Endpoint() ... emulator.counters().snapshot().bytesOut() ...
 * }
 * }</pre>
 */
public final class Emulator implements AutoCloseable {
  private final Catalog catalog;
  private final Counters counters;
  private final Conditions conditions;
  private final Faults faults = new Faults();
  private final Identity identity;
  private final EventLoopGroup loops;
  private final ExecutorService slowTasks;
  private final @Nullable Tls tls;
  private final List<Listener> listeners = new ArrayList<>();
  private final String address;

  private Emulator(EmulatorOptions options) throws IOException {
    catalog =
        new Catalog(
            options.directory() == null
                ? new MemoryBacking()
                : new DirectoryBacking(options.directory()));
    tls = options.tls() ? Tls.of(options.tlsFiles()) : null;
    loops =
        new MultiThreadIoEventLoopGroup(
            Math.min(4, Runtime.getRuntime().availableProcessors()),
            new DefaultThreadFactory("emulator", true),
            NioIoHandler.newFactory());
    slowTasks = Executors.newVirtualThreadPerTaskExecutor();
    counters = new Counters(this::settle);
    conditions = new Conditions(options.latency(), options.bytesPerSecondPerConnection());
    identity = new Identity(new AccessKey(options.accessKeyId(), options.accessKeySecret()));
    address = options.address();
  }

  /** Starts the three listeners; each answers when this returns. */
  public static Emulator start(EmulatorOptions options) throws IOException {
    Emulator emulator = new Emulator(options);
    try {
      emulator.open(options);
      return emulator;
    } catch (IOException | RuntimeException e) {
      emulator.close();
      throw e;
    }
  }

  private void open(EmulatorOptions options) throws IOException {
    SslContext encryption = tls == null ? null : tls.context();
    Surroundings surroundings = new Surroundings(counters, conditions, slowTasks, tls != null);
    Dialect s3 = new S3Dialect(catalog, counters, faults, identity, options);
    Dialect oss = new OssDialect(catalog, counters, faults, identity, options);
    listeners.add(Listener.open(loops, address, options.s3Port(), s3, surroundings, encryption));
    listeners.add(Listener.open(loops, address, options.ossPort(), oss, surroundings, encryption));
    // Counters and conditions are told of counters and conditions of their own, so that they change
    // nothing.
    Surroundings undisturbed =
        new Surroundings(
            new Counters(() -> {}), new Conditions(Duration.ZERO, 0), slowTasks, false);
    Dialect admin = new AdminDialect(catalog, counters, conditions, faults, identity);
    listeners.add(Listener.open(loops, address, options.adminPort(), admin, undisturbed, null));
  }

  public URI s3Endpoint() {
    return endpoint(0, tls != null);
  }

  public URI ossEndpoint() {
    return endpoint(1, tls != null);
  }

  public URI adminEndpoint() {
    return endpoint(2, false);
  }

  private URI endpoint(int listener, boolean encrypted) {
    return URI.create(
        (encrypted ? "https" : "http") + "://" + address + ":" + listeners.get(listener).port());
  }

  public ObjectStore store() {
    return catalog;
  }

  public Counters counters() {
    return counters;
  }

  /** Latency and bandwidth, to be changed at any time. */
  public Conditions conditions() {
    return conditions;
  }

  /** What is to go wrong, to be ordered at any time. */
  public Faults faults() {
    return faults;
  }

  /** The key that is accepted, to be replaced at any time. */
  public Identity identity() {
    return identity;
  }

  /** The certificate the dialects show; null without TLS. */
  public @Nullable X509Certificate certificate() {
    return tls == null ? null : tls.certificate();
  }

  /**
   * Waits until every event loop has finished what it was doing, so that what a client has seen is
   * counted.
   */
  private void settle() {
    for (EventExecutor loop : loops) {
      if (!loop.inEventLoop() && !loop.isShuttingDown()) {
        loop.submit(() -> {}).awaitUninterruptibly(1, TimeUnit.SECONDS);
      }
    }
  }

  /** Closes the listeners and every connection. Objects kept in a directory stay. */
  @Override
  public void close() {
    listeners.forEach(Listener::close);
    loops.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly(5, TimeUnit.SECONDS);
    slowTasks.close();
  }
}
