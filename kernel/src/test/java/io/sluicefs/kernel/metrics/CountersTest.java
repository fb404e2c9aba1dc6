// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluicefs.kernel.metrics.OperationCounters.Operation;
import io.sluicefs.spi.PluginMetrics;
import io.sluicefs.spi.fuse.Errno;
import org.junit.jupiter.api.Test;

class CountersTest {
  @Test
  void everyTimeIsInTheBucketWhoseBoundItDoesNotPass() {
    for (long nanos :
        new long[] {0, 1, 1 << 14, (1 << 14) + 1, 1 << 20, (1L << 35) + 1, 1L << 60}) {
      Latency latency = new Latency();
      latency.record(nanos);

      int bucket = 0;
      while (latency.count(bucket) == 0) {
        bucket++;
      }
      assertTrue(nanos / 1e9 <= Latency.boundSeconds(bucket), nanos + " in " + bucket);
      assertTrue(
          bucket == 0 || nanos / 1e9 > Latency.boundSeconds(bucket - 1), nanos + " in " + bucket);
      assertEquals(1, latency.count());
      assertEquals(nanos, latency.totalNanos());
    }
  }

  @Test
  void anAbsentNameIsAnAnswerAndNoFailure() {
    OperationCounters counters = new OperationCounters();
    counters.answered(Operation.LOOKUP, Errno.ENOENT);
    counters.answered(Operation.LOOKUP, Errno.EACCES);

    assertEquals(1, counters.failures(Operation.LOOKUP));
  }

  @Test
  void aPluginShowsEachFigureOnceAndUnderAName() {
    PluginMeters meters = new PluginMeters();
    PluginMetrics metrics = meters.of("transport.s3");
    metrics.counter("opened-connections", "Connections opened.", () -> 3);

    assertEquals(3, meters.all().getFirst().value().getAsDouble());
    assertThrows(
        IllegalArgumentException.class,
        () -> metrics.gauge("opened-connections", "Connections opened.", () -> 3));
    assertThrows(
        IllegalArgumentException.class, () -> metrics.gauge("Not A Name", "Anything.", () -> 3));
    meters.of("transport.oss").counter("opened-connections", "Connections opened.", () -> 4);
    assertEquals(2, meters.all().size());
  }
}
