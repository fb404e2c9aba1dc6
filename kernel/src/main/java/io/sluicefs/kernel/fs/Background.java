// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.fs;

import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/** Does what must be done to its end, whether or not who asked for it waits. */
final class Background {
  /** What is done. */
  @FunctionalInterface
  interface Task {
    void run() throws IOException, InterruptedException;
  }

  private Background() {}

  /** Runs a task on a thread of its own and waits for it, unless interrupted. */
  static void run(Task task) throws IOException, InterruptedException {
    CompletableFuture<Void> outcome = new CompletableFuture<>();
    Thread.ofVirtual()
        .name("sluice-store")
        .start(
            () -> {
              try {
                task.run();
                outcome.complete(null);
              } catch (Throwable e) {
                outcome.completeExceptionally(e);
              }
            });
    try {
      outcome.get();
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case IOException failure -> throw failure;
        case RuntimeException failure -> throw failure;
        case Error failure -> throw failure;
        case null, default ->
            throw new StorageException(Kind.CANCELLED, "given up: " + e.getCause(), e);
      }
    }
  }
}
