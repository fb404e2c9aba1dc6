// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class ReadAheadLimitTest {
  private static final long QUICK = TimeUnit.MILLISECONDS.toNanos(20);
  private static final long LATE = TimeUnit.MILLISECONDS.toNanos(400);
  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

  private final ReadAheadLimit limit = new ReadAheadLimit(64, 0);

  @Test
  void answersThatComeInTimeLeaveItAtTheMost() {
    for (int i = 0; i < 1000; i++) {
      limit.answered(QUICK + i % 7 * QUICK, i);
    }
    assertEquals(64, limit.limit());
  }

  @Test
  void beingAskedToSlowDownHalvesItOnceForRequestsSentTogether() {
    for (int i = 0; i < 64; i++) {
      limit.throttled(SECOND + i);
    }
    assertEquals(32, limit.limit());
    limit.throttled(2 * SECOND);
    assertEquals(16, limit.limit());
    for (int i = 3; i < 20; i++) {
      limit.throttled(i * SECOND);
    }
    assertEquals(2, limit.limit());
  }

  @Test
  void answersThatComeLateHalveItButNotBelowWhatAFileWants() {
    limit.answered(QUICK, 0);
    limit.answered(LATE, SECOND);
    assertEquals(32, limit.limit());
    for (int i = 2; i < 10; i++) {
      limit.answered(LATE, i * SECOND);
    }
    assertEquals(16, limit.limit());
  }

  @Test
  void itGrowsByOneWhenSoManyWereAnsweredWell() {
    limit.throttled(0);
    for (int i = 0; i < 32; i++) {
      limit.answered(QUICK, i);
    }
    assertEquals(33, limit.limit());
    for (int i = 0; i < 64 * 64; i++) {
      limit.answered(QUICK, i);
    }
    assertEquals(64, limit.limit());
  }

  @Test
  void aStoreThatIsSlowerForGoodIsNotLateForEver() {
    limit.answered(QUICK, 0);
    limit.answered(LATE, 61 * SECOND);
    for (int i = 62; i < 70; i++) {
      limit.answered(LATE, i * SECOND);
    }
    assertEquals(64, limit.limit());
  }
}
