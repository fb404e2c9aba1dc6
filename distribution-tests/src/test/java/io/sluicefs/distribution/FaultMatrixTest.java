// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.distribution;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * What programs meet while requests to the store go wrong in every way of {@code
 * faults/matrix.conf}. {@code -Dsluice.faults.rounds} tries each more than once, {@code
 * -Dsluice.faults.report} does so with the settings a mount has by default and writes the report
 * there, {@code -Dsluice.faults.only} is a regular expression for some faults.
 */
class FaultMatrixTest {
  private static final int ROUNDS = Integer.getInteger("sluice.faults.rounds", 1);
  private static final int SLOW_ROUNDS = Integer.getInteger("sluice.faults.slow-rounds", 1);
  private static final String REPORT = System.getProperty("sluice.faults.report", "");
  private static final boolean PATIENT = !REPORT.isEmpty();
  private static final Pattern ONLY =
      Pattern.compile(System.getProperty("sluice.faults.only", ".*"));

  @Test
  void everyFaultIsHiddenOrAnErrorInTimeAndNothingIsLostOrMixed() throws Exception {
    Installation installation = Installation.open(getClass());
    List<FaultRow> rows =
        FaultRow.all().stream().filter(row -> ONLY.matcher(row.fault()).find()).toList();
    List<FaultOutcome> outcomes = new ArrayList<>();
    try (EmulatorProcess emulator =
            EmulatorProcess.start("--directory", installation.work().resolve("store").toString());
        UnaskedServer elsewhere = UnaskedServer.start();
        ExecutorService stores =
            Executors.newThreadPerTaskExecutor(Thread.ofPlatform().factory())) {
      List<Callable<List<FaultOutcome>>> matrices = new ArrayList<>();
      for (Store store : Store.values()) {
        matrices.add(() -> tried(installation, emulator, store, elsewhere.address(), rows));
      }
      for (Future<List<FaultOutcome>> matrix : stores.invokeAll(matrices)) {
        outcomes.addAll(matrix.get());
      }
      assertEquals("", elsewhere.heard());
    }
    if (PATIENT) {
      new FaultReport(outcomes, "as a mount has them by default")
          .write(Path.of(REPORT), Path.of(System.getProperty("sluice.work")).getParent());
    }
    String wrong =
        outcomes.stream()
            .filter(outcome -> !outcome.isRight() || (PATIENT && outcome.isLate()))
            .map(FaultOutcome::toString)
            .collect(Collectors.joining("\n"));
    assertEquals("", wrong);
    Mountpoints.cleanUnder(installation.work());
  }

  private static List<FaultOutcome> tried(
      Installation installation,
      EmulatorProcess emulator,
      Store store,
      URI elsewhere,
      List<FaultRow> rows)
      throws InterruptedException, ExecutionException {
    String bucket = "faults-" + store.slug();
    emulator.createBucket(bucket);
    String settings = PATIENT ? "" : impatient(store);
    try (BucketMount mount = BucketMount.faulted(installation, emulator, store, bucket, settings)) {
      List<FaultOutcome> outcomes =
          new FaultMatrix(emulator, store, bucket, mount, elsewhere).run(rows, ROUNDS, SLOW_ROUNDS);
      // A program that hangs keeps the mount busy; what it waits for is told by the caller.
      if (outcomes.stream().noneMatch(FaultOutcome::isHang)) {
        mount.unmount();
      }
      return outcomes;
    }
  }

  /** So that what lasts until a deadline does not take a minute. */
  private static String impatient(Store store) {
    return """
    retry { deadline = 10s, upload-deadline = 10s, throttled-pause = 100ms, longest-pause = 1s }
    transport.%s { request-timeout = 2s, no-progress-timeout = 2s, copy-timeout = 2s }
    """
        .formatted(store.slug());
  }
}
