// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cache.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluicefs.spi.SettingException;
import io.sluicefs.spi.testkit.LeakCheckedMemory;
import io.sluicefs.spi.testkit.TestContext;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class MemoryCacheConfigTest {
  private static final long MIB = 1 << 20;

  @Test
  void defaultsAreThoseOfTheReference() throws Exception {
    assertEquals(
        new MemoryCacheConfig(128 << 10, 64 * MIB, Retention.WHILE_OPEN, Duration.ofSeconds(10)),
        config(Map.of()));
  }

  @Test
  void everySettingIsTaken() throws Exception {
    MemoryCacheConfig config =
        config(Map.of("block-size", "1MiB", "capacity", "33.5MiB", "retention", "10m"));

    assertEquals(1 << 20, config.blockSize());
    assertEquals(33 * MIB, config.capacity(), "whole blocks");
    assertEquals(Duration.ofMinutes(10).toNanos(), config.retention().nanos());
    assertEquals(Retention.LRU, config(Map.of("retention", "lru")).retention());
    assertEquals(Retention.WHILE_OPEN, config(Map.of("retention", "while-open")).retention());
  }

  @Test
  void whatMakesNoSenseIsRefusedByName() {
    for (Map<String, String> settings :
        List.of(
            Map.of("block-size", "100KiB"),
            Map.of("block-size", "32KiB"),
            Map.of("block-size", "32MiB"),
            Map.of("capacity", "65MiB"),
            Map.of("capacity", "500KiB"),
            Map.of("retention", "forever"))) {
      SettingException refused =
          assertThrows(SettingException.class, () -> config(settings), settings::toString);
      String name = settings.keySet().iterator().next();
      assertTrue(
          String.valueOf(refused.getMessage()).contains("cache.memory." + name), refused::toString);
    }
  }

  private static MemoryCacheConfig config(Map<String, String> settings) throws Exception {
    try (LeakCheckedMemory memory = new LeakCheckedMemory(64 * MIB)) {
      return MemoryCacheConfig.of(
          TestContext.of(new MemoryBlockCacheProvider(), settings, memory).settings(),
          memory.limit());
    }
  }
}
