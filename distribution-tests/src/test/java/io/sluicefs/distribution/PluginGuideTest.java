// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.distribution;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** The page about writing plugins, done by somebody who does what it says and nothing else. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PluginGuideTest {
  private static final long PATIENCE_MINUTES = 15;

  private EmulatorProcess emulator;
  private Installation shipped;

  @BeforeAll
  void startTheStore() {
    emulator = EmulatorProcess.start();
    emulator.createBucket("models");
    emulator.putSynthetic("models", "model.bin", 20 << 20, 1);
    shipped = Installation.open(getClass());
  }

  @AfterAll
  void stopTheStore() throws IOException {
    emulator.close();
    Mountpoints.cleanUnder(shipped.work());
  }

  @Test
  void whatTheGuideSaysMakesAPluginThatPassesItsSuiteAndMounts() throws Exception {
    Installation installation = shipped.copy("sluice");
    Path work = Files.createDirectory(installation.work().resolve("authors"));
    Path script =
        Files.writeString(
            work.resolve("guide.sh"), GuideScript.of(Path.of(System.getProperty("sluice.guide"))));
    MavenProject.forgetThisProject();
    Files.writeString(
        Files.createDirectory(work.resolve(".mvn")).resolve("maven.config"),
        "-ntp\n-gs\n%s\n-Dmaven.repo.local=%s\n"
            .formatted(
                MavenProject.settings(installation), System.getProperty("sluice.test-repository")));

    Path output = work.resolve("guide.log");
    ProcessBuilder builder =
        new ProcessBuilder("sh", "-eu", script.toString())
            .directory(work.toFile())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile());
    builder.environment().putAll(MavenProject.ENVIRONMENT);
    builder
        .environment()
        .putAll(
            Map.of(
                "SLUICE", installation.home().toString(),
                "TMPDIR", work.toString(),
                "XDG_RUNTIME_DIR", work.toString(),
                "ENDPOINT", emulator.s3(),
                "BUCKET", "models",
                "AWS_ACCESS_KEY_ID", EmulatorProcess.ACCESS_KEY_ID,
                "AWS_SECRET_ACCESS_KEY", EmulatorProcess.ACCESS_KEY_SECRET));
    Process process = builder.start();
    if (!process.waitFor(PATIENCE_MINUTES, TimeUnit.MINUTES)) {
      process.destroyForcibly();
    }
    String said = Files.readString(output);
    assertEquals(0, process.waitFor(), said);
    assertTrue(said.contains("target/plugin: loads\n"), said);
    assertTrue(said.contains("prefetch.steady: 10 passed, 0 skipped, 0 failed\n"), said);
    assertTrue(said.contains(emulator.sha256("models", "model.bin")), said);
  }
}
