// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.benchmarks.comparison;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class StandingTest {
  private static final Work WORK = Rows.work("sequential read");

  @Test
  void aSlowerMountIsNamedBesideTheSystemThatIsFaster() {
    Standing standing = standing(Rows.measured(Rows.OTHER, WORK, 1, 1), 2, 0.5);

    assertEquals(Optional.of("Slower than s3fs: sluice s3 direct."), standing.slower());
    assertEquals(Optional.empty(), standing.costlier());
  }

  @Test
  void aMountWhoseDaemonUsesMoreCpuIsNamed() {
    Standing standing = standing(Rows.measured(Rows.OTHER, WORK, 2, 0.5), 1, 1);

    assertEquals(Optional.of("More daemon CPU than s3fs: sluice s3 direct."), standing.costlier());
    assertEquals(Optional.empty(), standing.slower());
  }

  @Test
  void aFewPercentAreADraw() {
    Standing standing = standing(Rows.measured(Rows.OTHER, WORK, 1, 1), 1.04, 1.04);

    assertEquals(Optional.empty(), standing.slower());
    assertEquals(Optional.empty(), standing.costlier());
  }

  @Test
  void nobodyIsBehindASystemThatFailed() {
    Standing standing = standing(Rows.failed(Rows.OTHER, WORK, "not done in 40 s"), 2, 2);

    assertEquals(Optional.empty(), standing.slower());
  }

  private static Standing standing(Row other, double seconds, double cpuSeconds) {
    return new Standing(List.of(Rows.measured(Rows.SLUICE, WORK, seconds, cpuSeconds), other));
  }
}
