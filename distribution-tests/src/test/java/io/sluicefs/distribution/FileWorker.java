// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.distribution;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;

/** A process that does to files what it is told, several operations at one time if asked to. */
final class FileWorker implements AutoCloseable {
  private static final long PATIENCE_SECONDS = 300;

  private final Process process;
  private final Writer orders;
  private final AtomicInteger numbers = new AtomicInteger();
  private final Map<String, CompletableFuture<String>> pending = new ConcurrentHashMap<>();

  private FileWorker(Process process) {
    this.process = process;
    this.orders = process.outputWriter(StandardCharsets.UTF_8);
    Thread.ofVirtual().start(this::receive);
  }

  static FileWorker start(Path root) {
    try {
      return new FileWorker(
          new ProcessBuilder(
                  "python3",
                  "-B",
                  io.sluicefs.distribution.Writer.script("worker.py"),
                  root.toString())
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .start());
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private void receive() {
    try (BufferedReader results = process.inputReader(StandardCharsets.UTF_8)) {
      for (String line = results.readLine(); line != null; line = results.readLine()) {
        int tab = line.indexOf('\t');
        CompletableFuture<String> result = pending.remove(line.substring(0, tab));
        if (result != null) {
          result.complete(line.substring(tab + 1));
        }
      }
    } catch (IOException e) {
      // It has ended; whoever waits is told below.
    }
    pending.values().forEach(result -> result.completeExceptionally(new IOException("it ended")));
  }

  /** Has something done. */
  CompletableFuture<String> submit(String line) {
    String number = Integer.toString(numbers.incrementAndGet());
    CompletableFuture<String> result = new CompletableFuture<>();
    pending.put(number, result);
    try {
      synchronized (orders) {
        orders.write(number + "\t" + line + "\n");
        orders.flush();
      }
    } catch (IOException e) {
      result.completeExceptionally(e);
    }
    return result;
  }

  /** Waits for what was done; nothing may take minutes. */
  static String await(CompletableFuture<String> result) {
    try {
      return result.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      return "HANG";
    } catch (ExecutionException e) {
      throw new AssertionError("the worker ended", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  String perform(String line) {
    return await(submit(line));
  }

  /** Stops it and lets it go on: what its threads wait for is interrupted. */
  void interrupt() {
    String pid = Long.toString(process.pid());
    String _ = Command.output("sh", "-c", "kill -STOP $0 && kill -CONT $0", pid);
  }

  @Override
  public void close() {
    process.destroyForcibly();
    try {
      process.waitFor();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
