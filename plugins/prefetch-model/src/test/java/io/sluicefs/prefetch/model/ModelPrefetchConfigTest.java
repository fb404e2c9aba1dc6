// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.prefetch.model;

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

class ModelPrefetchConfigTest {
  private static final long MIB = 1 << 20;

  @Test
  void defaultsAreThoseOfTheReference() throws Exception {
    assertEquals(
        new ModelPrefetchConfig(new PrefetchLimits(8 * MIB, 16, 64), 384 * MIB, 32 * MIB),
        config(Map.of()));
  }

  @Test
  void everySettingIsTaken() throws Exception {
    assertEquals(
        new ModelPrefetchConfig(new PrefetchLimits(4 * MIB, 3, 7), 10 * MIB, MIB),
        config(
            Map.of(
                "chunk-size", "4MiB",
                "ahead", "10MiB",
                "requests-per-file", "3",
                "requests", "7",
                "max-header", "1MiB")));
  }

  @Test
  void whatMakesNoSenseIsRefusedByName() {
    for (Map<String, String> settings :
        List.of(
            Map.of("chunk-size", "3MiB"),
            Map.of("chunk-size", "4KiB"),
            Map.of("ahead", "1KiB"),
            Map.of("max-header", "2GiB"),
            Map.of("requests", "8"))) {
      SettingException refused =
          assertThrows(SettingException.class, () -> config(settings), settings::toString);
      String name = settings.keySet().iterator().next();
      assertTrue(
          String.valueOf(refused.getMessage()).contains("prefetch.model." + name),
          refused::toString);
    }
  }

  private static ModelPrefetchConfig config(Map<String, String> settings) throws Exception {
    try (LeakCheckedMemory memory = new LeakCheckedMemory(MIB)) {
      return ModelPrefetchConfig.of(
          TestContext.of(new ModelPrefetcherProvider(), settings, memory).settings());
    }
  }
}
