// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.distribution;

import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Injects every fault into the requests of a mount, many at once, and sees what programs meet. */
final class FaultMatrix {
  /** Work that takes longer hangs. */
  static final Duration HANG = Duration.ofSeconds(60);

  /** So many programs are at work at once. */
  private static final int PROGRAMS = 16;

  private final EmulatorProcess emulator;
  private final Store store;
  private final String bucket;
  private final BucketMount mount;
  private final String elsewhere;

  /** A program that hangs keeps its thread until the mount is gone. */
  private final ExecutorService working =
      Executors.newCachedThreadPool(Thread.ofPlatform().daemon().factory());

  /**
   * @param elsewhere where redirects lead
   */
  FaultMatrix(
      EmulatorProcess emulator, Store store, String bucket, BucketMount mount, URI elsewhere) {
    this.emulator = emulator;
    this.store = store;
    this.bucket = bucket;
    this.mount = mount;
    this.elsewhere = elsewhere.toString();
  }

  /**
   * Tries all rows.
   *
   * @param rounds how often
   * @param slowRounds how often those that take until a deadline
   */
  List<FaultOutcome> run(List<FaultRow> rows, int rounds, int slowRounds)
      throws InterruptedException, ExecutionException {
    List<Callable<FaultOutcome>> cases = new ArrayList<>();
    for (int round = 0; round < Math.max(rounds, slowRounds); round++) {
      for (FaultRow row : rows) {
        if (row.stores().contains(store) && round < (row.slow() ? slowRounds : rounds)) {
          String folder = "%s-%d".formatted(row.slug(), round);
          long seed = folder.hashCode();
          cases.add(() -> inject(row, folder, seed));
        }
      }
    }
    ExecutorService programs = Executors.newFixedThreadPool(PROGRAMS);
    try {
      List<FaultOutcome> outcomes = new ArrayList<>();
      for (Future<FaultOutcome> outcome : programs.invokeAll(cases)) {
        outcomes.add(outcome.get());
      }
      return outcomes;
    } finally {
      programs.shutdown();
    }
  }

  private FaultOutcome inject(FaultRow row, String folder, long seed) {
    FaultedFile file =
        new FaultedFile(mount.path(), emulator, bucket, folder, row.work().size(), seed);
    row.work().prepare(file);
    String name = bucket + "/" + folder;
    emulator.order(row.schedule(name, bucket, folder, elsewhere));
    long start = System.nanoTime();
    String outcome = attempt(row.work(), file);
    Duration took = Duration.ofNanos(System.nanoTime() - start);
    long injected = emulator.withdraw(name);
    String after = outcome.equals(FaultOutcome.HANG) ? outcome : attempt(row.work(), file);
    return new FaultOutcome(row, folder, outcome, took, injected, after);
  }

  private String attempt(FaultedWork work, FaultedFile file) {
    Future<String> attempt =
        working.submit(
            () -> {
              try {
                return FaultOutcome.of(work.run(file));
              } catch (IOException e) {
                return FaultOutcome.errno(e);
              }
            });
    try {
      return attempt.get(HANG.plusSeconds(10).toSeconds(), TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      return FaultOutcome.HANG;
    } catch (ExecutionException e) {
      return String.valueOf(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return "interrupted";
    }
  }
}
