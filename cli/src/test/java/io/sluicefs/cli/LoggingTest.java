// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.LoggerContext;
import io.sluicefs.kernel.config.LogSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

class LoggingTest {
  @TempDir Path temp;

  @AfterEach
  void logNowhere() {
    ((LoggerContext) LoggerFactory.getILoggerFactory()).reset();
  }

  @Test
  void anEventIsOneLineWhateverNamesItHolds() throws IOException {
    Path file = temp.resolve("log");
    Logging.start(LogSettings.Level.INFO, Optional.of(file));

    LoggerFactory.getLogger("io.sluicefs.fs").warn("lookup of a\n2026 ERROR forged \u001b[31m");

    List<String> lines = Files.readAllLines(file);
    assertEquals(1, lines.size(), lines.toString());
    assertTrue(lines.getFirst().endsWith("a?2026 ERROR forged ?[31m"), lines.getFirst());
  }

  @Test
  void complaintsAboutTheClosedRuntimeAreNotLogged() throws IOException {
    Path file = temp.resolve("log");
    Logging.start(LogSettings.Level.INFO, Optional.of(file));

    LoggerFactory.getLogger("net.openhft.chronicle.core.internal.ClassUtil").error("complaint");
    LoggerFactory.getLogger("net.openhft.chronicle.core.Other").error("trouble");

    List<String> lines = Files.readAllLines(file);
    assertEquals(1, lines.size(), lines.toString());
    assertTrue(lines.getFirst().endsWith("trouble"), lines.getFirst());
  }
}
