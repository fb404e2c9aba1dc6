// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.distribution;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The files an operator starts from. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ShippedConfigurationTest {
  private Installation installation;

  @BeforeAll
  void open() {
    installation = Installation.open(getClass());
  }

  @AfterAll
  void clean() throws IOException {
    Mountpoints.cleanUnder(installation.work());
  }

  @Test
  void theReferenceShowsEverySettingAsItIsNow() throws IOException {
    Command command = installation.sluice("config", "reference");
    assertEquals(0, command.status(), command.toString());
    assertEquals(
        Files.readString(installation.home().resolve("conf/reference.conf")),
        command.out(),
        "run: sluice config reference > distribution/src/conf/reference.conf");
  }

  @ParameterizedTest
  @ValueSource(strings = {"s3.conf", "oss.conf", "multi-gpu.conf", "gguf.conf", "ci.conf"})
  void theExamplesAreUnderstood(String name) {
    Command command =
        installation.sluice(
            Map.of(),
            "config",
            "check",
            "-c",
            installation.home().resolve("conf/" + name).toString());
    assertEquals(0, command.status(), command.toString());
  }
}
