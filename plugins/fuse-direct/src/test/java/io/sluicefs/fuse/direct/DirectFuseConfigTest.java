// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.fuse.direct;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluicefs.spi.SettingException;
import io.sluicefs.spi.testkit.LeakCheckedMemory;
import io.sluicefs.spi.testkit.TestContext;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DirectFuseConfigTest {
  private static DirectFuseConfig config(Map<String, String> settings) throws SettingException {
    try (LeakCheckedMemory memory = new LeakCheckedMemory(1)) {
      return DirectFuseConfig.of(
          TestContext.of(new DirectFuseChannelProvider(), settings, memory).settings());
    }
  }

  @Test
  void everySettingHasADefault() throws Exception {
    int processors = Runtime.getRuntime().availableProcessors();
    assertEquals(
        new DirectFuseConfig(DirectFuseConfig.automaticReaders(processors), 64), config(Map.of()));
  }

  @Test
  void settingsAreTaken() throws Exception {
    assertEquals(new DirectFuseConfig(3, 100), config(Map.of("readers", "3", "threads", "100")));
  }

  @ParameterizedTest
  @CsvSource({"1,2", "8,2", "16,4", "96,8"})
  void oneProcessorInFourGetsAReader(int processors, int readers) {
    assertEquals(readers, DirectFuseConfig.automaticReaders(processors));
  }

  @ParameterizedTest
  @CsvSource({"readers,0", "readers,65", "readers,many", "threads,1", "threads,1025", "thread,2"})
  void whatIsOutOfRangeOrUnknownIsRefused(String name, String value) {
    SettingException refusal =
        assertThrows(SettingException.class, () -> config(Map.of(name, value)));
    assertTrue(String.valueOf(refusal.getMessage()).contains("fuse.direct." + name));
  }
}
