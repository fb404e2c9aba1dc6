// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.distribution;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Random operations on a mount and on a local folder. The seed is in the name of the bucket and in
 * every message; -Dsluice.seed repeats it and -Dsluice.steps makes the run longer.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ModelCheckTest {
  private static final long SEED =
      Long.getLong("sluice.seed", new Random().nextLong(1_000_000_000));
  private static final int STEPS = Integer.getInteger("sluice.steps", 600);

  private EmulatorProcess emulator;
  private Installation installation;

  @BeforeAll
  void startTheStore() {
    System.out.println("random operations with -Dsluice.seed=" + SEED);
    installation = Installation.open(getClass());
    emulator =
        EmulatorProcess.start("--directory", installation.work().resolve("store").toString());
  }

  @AfterAll
  void stopTheStore() throws IOException {
    emulator.close();
    Mountpoints.cleanUnder(installation.work());
  }

  @ParameterizedTest
  @EnumSource(Store.class)
  void theMountDoesWhatALocalFileSystemDoes(Store store) throws IOException {
    String name = "seed-%d-%s".formatted(SEED, store.slug());
    Path local = Files.createDirectory(installation.work().resolve("local-" + name));
    try (WritableMount mount = WritableMount.open(installation, emulator, store, name)) {
      Writer.Written written = check(mount, local, "--steps", Integer.toString(STEPS));
      mount.unmount();
      mount.contents().assertExactly(written.sums(), Set.of());
      mount.mount();
      assertEquals(written, check(mount, local, "--again"));
      mount.unmount();
    }
  }

  private static Writer.Written check(WritableMount mount, Path local, String... options) {
    List<String> command =
        List.of(
            "python3",
            "-B",
            Writer.script("model_check.py"),
            mount.path().toString(),
            "--local",
            local.toString(),
            "--seed",
            Long.toString(SEED));
    Command done =
        Command.run(Stream.concat(command.stream(), Arrays.stream(options)).toArray(String[]::new));
    assertEquals(0, done.status(), () -> "-Dsluice.seed=" + SEED + ": " + done.err());
    return Writer.Written.parse(done.out().lines().toList().getLast());
  }
}
