// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.mount;

import io.sluicefs.kernel.plugin.PluginException;
import io.sluicefs.kernel.transport.CountingTransport;
import io.sluicefs.kernel.transport.TransportCounters;
import io.sluicefs.spi.SettingException;
import io.sluicefs.spi.transport.Transport;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/**
 * A transport being opened, and its bucket being asked, on a thread of its own: loading a vendor's
 * SDK and waiting for the store take about as long as the rest of a mount. Close abandons it unless
 * it was taken.
 */
final class OpeningTransport implements AutoCloseable {
  private static final Duration ABANDON_WITHIN = Duration.ofSeconds(5);

  private final CompletableFuture<String> location = new CompletableFuture<>();
  private final CompletableFuture<Transport> outcome = new CompletableFuture<>();
  private final Thread thread;
  private boolean taken;

  /** Starts opening. */
  OpeningTransport(OpenPlugins.TransportOpener opener, String prefix, TransportCounters counters) {
    this.thread =
        Thread.ofPlatform()
            .name("sluice-transport")
            .daemon()
            .unstarted(() -> complete(opener, prefix, counters));
    thread.start();
  }

  private void complete(
      OpenPlugins.TransportOpener opener, String prefix, TransportCounters counters) {
    try {
      outcome.complete(open(opener, prefix, counters));
    } catch (Exception | LinkageError e) {
      location.completeExceptionally(e);
      outcome.completeExceptionally(e);
    }
  }

  private Transport open(
      OpenPlugins.TransportOpener opener, String prefix, TransportCounters counters)
      throws SettingException, PluginException, IOException {
    Transport transport = new CountingTransport(opener.open(), counters);
    boolean good = false;
    try {
      location.complete(transport.location());
      BucketCheck.run(transport, prefix);
      good = true;
      return transport;
    } finally {
      if (!good) {
        transport.close();
      }
    }
  }

  /**
   * Returns where the bucket is, as soon as the transport is open and before the bucket answers.
   */
  String location() throws SettingException, PluginException, IOException, InterruptedException {
    return await(location);
  }

  /** Returns the transport when the bucket has answered; the caller closes it. */
  Transport take() throws SettingException, PluginException, IOException, InterruptedException {
    Transport transport = await(outcome);
    taken = true;
    return transport;
  }

  private static <T> T await(CompletableFuture<T> future)
      throws SettingException, PluginException, IOException, InterruptedException {
    try {
      return future.get();
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case SettingException setting -> throw setting;
        case PluginException plugin -> throw plugin;
        case IOException io -> throw io;
        case null, default ->
            throw new IllegalStateException("opening the transport failed", e.getCause());
      }
    }
  }

  @Override
  public void close() {
    if (taken) {
      return;
    }
    thread.interrupt();
    boolean interrupted = Thread.interrupted();
    try {
      thread.join(ABANDON_WITHIN);
    } catch (InterruptedException e) {
      interrupted = true;
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    if (outcome.isDone() && !outcome.isCompletedExceptionally()) {
      outcome.join().close();
    }
  }
}
