// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.distribution;

import static org.junit.jupiter.api.Assertions.fail;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.PrimitiveIterator;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * Random operations of several processes on a mount, under faults of the store, kills of the daemon
 * and changes by another host, beside a model of what docs/semantics.md promises. A sequence that
 * diverges is shrunk and printed.
 *
 * <p>-Dsluice.rounds=1000 does more of them, -Dsluice.minutes=60 ends them earlier, -Dsluice.seed=
 * begins with the seed of a failed one, -Dsluice.round-steps= makes them longer.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ModelUnderFaultsTest {
  private static final int ROUNDS = Integer.getInteger("sluice.rounds", 8);
  private static final long MINUTES = Long.getLong("sluice.minutes", 60);
  private static final long FIRST_SEED = Long.getLong("sluice.seed", 1000);

  /**
   * Rounds that once diverged; threads and clocks have a say too, so that they may not do again.
   */
  private static final long[] ONCE_DIVERGED = {
    1088,
    2024,
    20_261_253,
    20_261_305,
    20_261_335,
    20_270_055,
    20_270_082,
    20_270_086,
    20_270_166,
    20_270_225,
    20_270_340,
    20_270_771,
    20_270_886
  };

  private static final int STEPS = Integer.getInteger("sluice.round-steps", 80);
  private static final int SHRINKING_TRIALS = Integer.getInteger("sluice.shrinking", 60);

  private static final String BUCKET = "models";

  private Installation installation;
  private EmulatorProcess emulator;
  private @Nullable BucketMount mount;
  private @Nullable RoundOptions mounted;
  private int rounds;

  @BeforeAll
  void startTheStore() {
    installation = Installation.open(getClass());
    emulator =
        EmulatorProcess.start("--directory", installation.work().resolve("store").toString());
    emulator.createBucket(BUCKET);
  }

  @AfterAll
  void stopTheStore() throws IOException {
    try {
      unmount();
    } finally {
      emulator.close();
    }
    Mountpoints.cleanUnder(installation.work());
  }

  @Test
  void whateverGoesWrongTheMountDoesWhatIsPromised() {
    Instant end = Instant.now().plus(Duration.ofMinutes(MINUTES));
    LongStream seeds =
        LongStream.concat(
            LongStream.of(ONCE_DIVERGED), LongStream.range(FIRST_SEED, FIRST_SEED + ROUNDS));
    PrimitiveIterator.OfLong left = seeds.iterator();
    while (left.hasNext() && Instant.now().isBefore(end)) {
      long seed = left.nextLong();
      System.out.println("seed " + seed + ", " + RoundOptions.of(seed));
      check(seed);
    }
  }

  private void check(long seed) {
    RoundOptions options = RoundOptions.of(seed);
    List<Step> steps = RandomSteps.of(seed, STEPS, options);
    String failure = failureOnMount(options, steps);
    if (failure != null) {
      System.out.println("seed " + seed + ": " + failure);
      List<Step> shrunk =
          new StepShrinker(shorter -> failure(options, shorter), SHRINKING_TRIALS).shrink(steps);
      fail(
          "-Dsluice.seed=%d, %s: %s\nof the steps\n%s"
              .formatted(
                  seed,
                  options,
                  failure,
                  shrunk.stream().map(Step::toString).collect(Collectors.joining("\n"))));
    }
  }

  /** Does steps on a mount of their own. */
  private @Nullable String failure(RoundOptions options, List<Step> steps) {
    unmount();
    return failureOnMount(options, steps);
  }

  /** Does steps in a folder of their own, on the mount there is if it has the options. */
  private @Nullable String failureOnMount(RoundOptions options, List<Step> steps) {
    if (mount == null || !options.equals(mounted)) {
      unmount();
      mount =
          BucketMount.with(installation, "mount", options.settings(installation, emulator, BUCKET));
      mounted = options;
    }
    String folder = "round-" + ++rounds;
    try (ModelRound round = new ModelRound(new BucketContents(emulator, BUCKET, folder), mount)) {
      round.run(steps);
      return null;
    } catch (Divergence e) {
      mount.close();
      mount = null;
      return e.getMessage();
    }
  }

  private void unmount() {
    if (mount != null) {
      mount.unmount();
      mount = null;
    }
  }
}
