// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.fuse.jnr;

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

class JnrFuseConfigTest {
  private static JnrFuseConfig config(Map<String, String> settings) throws SettingException {
    try (LeakCheckedMemory memory = new LeakCheckedMemory(1)) {
      return JnrFuseConfig.of(
          TestContext.of(new JnrFuseChannelProvider(), settings, memory).settings());
    }
  }

  @Test
  void everySettingHasADefault() throws Exception {
    assertEquals(new JnrFuseConfig(16, 16_384), config(Map.of()));
  }

  @Test
  void settingsAreTaken() throws Exception {
    assertEquals(
        new JnrFuseConfig(3, 1000), config(Map.of("threads", "3", "path-table-size", "1000")));
  }

  @ParameterizedTest
  @CsvSource({"threads,0", "threads,257", "threads,many", "path-table-size,255", "thread,1"})
  void whatIsOutOfRangeOrUnknownIsRefused(String name, String value) {
    SettingException refusal =
        assertThrows(SettingException.class, () -> config(Map.of(name, value)));
    assertTrue(String.valueOf(refusal.getMessage()).contains("fuse.jnr." + name));
  }
}
