// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.prefetch.sequential;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluicefs.spi.SettingException;
import io.sluicefs.spi.prefetch.PrefetchLimits;
import io.sluicefs.spi.testkit.LeakCheckedMemory;
import io.sluicefs.spi.testkit.TestContext;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SequentialPrefetchConfigTest {
  private static final long MIB = 1 << 20;

  @Test
  void defaultsAreThoseOfTheReference() throws Exception {
    SequentialPrefetchConfig config = config(Map.of());

    assertEquals(new PrefetchLimits(8 * MIB, 16, 64), config.limits());
    assertEquals(3 * 16 * 8 * MIB, config.window().bytes(config.limits()));
    assertEquals(2, config.detectCount());
    assertEquals(4 * MIB, config.maxJump());
  }

  @Test
  void everySettingIsTaken() throws Exception {
    SequentialPrefetchConfig config =
        config(
            Map.of(
                "chunk-size", "4MiB",
                "chunks", "10",
                "requests-per-file", "3",
                "requests", "7",
                "detect-count", "5",
                "max-jump", "2MiB"));

    assertEquals(new PrefetchLimits(4 * MIB, 3, 7), config.limits());
    assertEquals(40 * MIB, config.window().bytes(config.limits()));
    assertEquals(5, config.detectCount());
    assertEquals(2 * MIB, config.maxJump());
  }

  @Test
  void chunksMayBeUnlimited() throws Exception {
    assertTrue(config(Map.of("chunks", "unlimited")).window().isUnlimited());
  }

  @Test
  void whatMakesNoSenseIsRefusedByName() {
    for (Map<String, String> settings :
        List.of(
            Map.of("chunks", "0"),
            Map.of("chunks", "many"),
            Map.of("chunk-size", "3MiB"),
            Map.of("chunk-size", "4KiB"),
            Map.of("detect-count", "0"),
            Map.of("requests", "8"))) {
      SettingException refused =
          assertThrows(SettingException.class, () -> config(settings), settings::toString);
      String name = settings.keySet().iterator().next();
      assertTrue(
          String.valueOf(refused.getMessage()).contains("prefetch.sequential." + name),
          refused::toString);
    }
  }

  private static SequentialPrefetchConfig config(Map<String, String> settings) throws Exception {
    try (LeakCheckedMemory memory = new LeakCheckedMemory(MIB)) {
      return SequentialPrefetchConfig.of(
          TestContext.of(new SequentialPrefetcherProvider(), settings, memory).settings());
    }
  }
}
