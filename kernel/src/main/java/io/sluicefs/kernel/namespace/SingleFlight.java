// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.namespace;

import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * One request under way for each key, however many threads ask: the first sends it on its own
 * thread, the others get its outcome. A cancelled request is no outcome: the next sends its own.
 */
final class SingleFlight<K, V> {
  /** Sends the request. */
  @FunctionalInterface
  interface Request<V> {
    V send() throws StorageException;
  }

  private final ConcurrentMap<K, CompletableFuture<V>> flights = new ConcurrentHashMap<>();

  V join(K key, Request<V> request) throws StorageException {
    while (true) {
      CompletableFuture<V> mine = new CompletableFuture<>();
      CompletableFuture<V> theirs = flights.putIfAbsent(key, mine);
      if (theirs == null) {
        return fly(key, mine, request);
      }
      V outcome = await(key, theirs);
      if (outcome != null) {
        return outcome;
      }
    }
  }

  private V fly(K key, CompletableFuture<V> flight, Request<V> request) throws StorageException {
    try {
      V value = request.send();
      flights.remove(key, flight);
      flight.complete(value);
      return value;
    } catch (Throwable e) {
      flights.remove(key, flight);
      flight.completeExceptionally(e);
      throw e;
    }
  }

  /** Returns the outcome of another thread's request, or null if that was cancelled. */
  private @Nullable V await(K key, CompletableFuture<V> flight) throws StorageException {
    try {
      return flight.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StorageException(Kind.CANCELLED, "interrupted while waiting for " + key, e);
    } catch (ExecutionException e) {
      return switch (e.getCause()) {
        case StorageException failure when failure.kind() == Kind.CANCELLED -> null;
        case StorageException failure -> throw failure;
        case RuntimeException failure -> throw failure;
        case Error failure -> throw failure;
        case null, default -> throw new IllegalStateException(e);
      };
    }
  }
}
