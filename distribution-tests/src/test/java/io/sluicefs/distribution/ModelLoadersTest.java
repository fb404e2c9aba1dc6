// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.distribution;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.sluicefs.distribution.ReadOnlyBucket.Downloaded;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Models loaded by several processes at once, with less memory than the models are large. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ModelLoadersTest {
  /** The host's own, which has its packages, and not one that comes first on the path. */
  private static final String PYTHON = "/usr/bin/python3";

  private static final String PROCESSES = "4";

  private ReadOnlyBucket bucket;

  @BeforeAll
  void mountABucket() {
    bucket = ReadOnlyBucket.mounted(getClass(), "memory.limit = 192MiB\n");
  }

  @AfterAll
  void unmountIt() throws IOException {
    bucket.close();
  }

  @Test
  void aModelOfSafetensorsShardsIsMappedAndEveryTensorIsWhatWasWritten() throws Exception {
    Path model = Files.createDirectory(bucket.work().resolve("safetensors"));
    String script = Reader.script("safetensors_model.py");
    Command.output("python3", "-B", script, "make", model.toString(), "3");
    List<Path> files;
    try (Stream<Path> made = Files.list(model)) {
      files = made.toList();
    }
    long size = 0;
    for (Path file : files) {
      bucket.stored("safetensors/" + file.getFileName(), file);
      size += Files.size(file);
    }
    assertRatio(
        1.05,
        bucket.during(
            "python3",
            "-B",
            script,
            "check",
            bucket.mountpoint().resolve("safetensors").toString(),
            PROCESSES),
        size);
  }

  @Test
  void aCheckpointIsLoadedByPyTorchAndEveryValueIsWhatWasSaved() throws Exception {
    assumeTrue(
        Command.run(PYTHON, "-c", "import torch").status() == 0, "the host has no python3-torch");
    Path checkpoint = bucket.work().resolve("checkpoint.pt");
    String script = Reader.script("torch_checkpoint.py");
    Command.output(PYTHON, "-B", script, "make", checkpoint.toString());
    Path file = bucket.stored("checkpoint.pt", checkpoint);
    assertRatio(
        1.02,
        bucket.during(PYTHON, "-B", script, "load", file.toString(), PROCESSES),
        Files.size(checkpoint));
  }

  private static void assertRatio(double most, Downloaded downloaded, long wanted) {
    double ratio = (double) downloaded.bytes() / wanted;
    assertTrue(ratio <= most, () -> "downloaded " + ratio + " times, " + downloaded);
  }
}
