// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.distribution;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Random operations on a mount and on a local folder; the same ones each time. -Dsluice.seed gives
 * other ones, -Dsluice.steps more.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ModelCheckTest {
  private static final long SEED = Long.getLong("sluice.seed", 608863762);
  private static final int STEPS = Integer.getInteger("sluice.steps", 600);

  private MountedBuckets buckets;

  @BeforeAll
  void mountABucketOnEachStore() {
    buckets = MountedBuckets.open(getClass(), Store.values());
  }

  @AfterAll
  void unmountThem() throws IOException {
    buckets.close();
  }

  @ParameterizedTest
  @EnumSource(Store.class)
  void theMountDoesWhatALocalFileSystemDoes(Store store) throws IOException {
    Path local =
        Files.createDirectory(buckets.installation().work().resolve("local-" + store.slug()));
    Path folder = buckets.mount(store).folder("tree");
    Writer.Written written = check(folder, local, "--steps=" + STEPS);
    buckets.contents(store, "tree").assertExactly(written.sums(), Set.of());
    Path elsewhere = buckets.otherHost(store).path().resolve("tree");
    assertEquals(written, check(elsewhere, local, "--again"));
  }

  private static Writer.Written check(Path folder, Path local, String... options) {
    List<String> command =
        List.of(
            "python3",
            "-B",
            Writer.script("model_check.py"),
            folder.toString(),
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
