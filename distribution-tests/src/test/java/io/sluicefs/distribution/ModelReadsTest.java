// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.distribution;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * Model files mapped as loaders do, read ahead by their tensors: how many bytes leave the store.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ModelReadsTest {
  private static final String BUCKET = "models";
  private static final int RANKS = 4;
  private static final double MOST = 1.05;

  private final ModelObject safetensors = ModelObject.safetensors();
  private final ModelObject gguf = ModelObject.gguf();
  private EmulatorProcess emulator;
  private Installation installation;
  private Path configuration;
  private Path mountpoint;
  private String reader;

  @BeforeAll
  void storeModels() {
    installation = Installation.open(getClass());
    emulator = EmulatorProcess.start();
    emulator.createBucket(BUCKET);
    emulator.putSynthetic(BUCKET, "model.safetensors", safetensors.head(), safetensors.size(), 1);
    emulator.putSynthetic(BUCKET, "model.gguf", gguf.head(), gguf.size(), 2);
    mountpoint = installation.mountpoint("mnt");
    reader = Readers.script("map_slices.py");
    configuration =
        installation.configuration(
            Store.S3.transport(emulator, BUCKET)
                + """
                memory.limit = 512MiB
                mount.read-only = true
                # Linux asks for as much around every page a program touches.
                mount.read-ahead = 128KiB
                prefetch = [model, sequential]
                """);
  }

  @AfterAll
  void removeThem() throws IOException {
    emulator.close();
    Mountpoints.cleanUnder(installation.work());
  }

  @Test
  void fourRanksOfATensorParallelLoadFetchEveryByteOnce() throws Exception {
    double ratio = load("model.safetensors", safetensors, List.of(0, 1, 2, 3), RANKS);
    assertTrue(ratio <= MOST, () -> "downloaded " + ratio + " times");
  }

  @Test
  void aRankAloneFetchesItsQuarter() throws Exception {
    for (int i = 0; i < RANKS; i++) {
      int rank = i;
      double ratio = load("model.safetensors", safetensors, List.of(rank), RANKS) * RANKS;
      assertTrue(ratio <= MOST, () -> "rank " + rank + " downloaded " + ratio + " of its quarter");
    }
  }

  @Test
  void aGgufFileMappedInTheOrderOfItsTensorsIsFetchedOnce() throws Exception {
    double ratio = load("model.gguf", gguf, List.of(0), 1);
    assertTrue(ratio <= MOST, () -> "downloaded " + ratio + " times");
  }

  /** Lets processes map a file of a mount of its own; returns what was fetched of its weights. */
  private double load(String key, ModelObject model, List<Integer> ranks, int of) throws Exception {
    Path pieces = model.writePieces(installation.work().resolve(key + ".pieces"));
    Command mount =
        installation.sluice("mount", "-c", configuration.toString(), mountpoint.toString());
    assertEquals(0, mount.status(), mount::toString);
    try {
      emulator.resetCounters();
      try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
        List<Future<?>> loads =
            IntStream.range(0, ranks.size())
                .<Future<?>>mapToObj(
                    i ->
                        threads.submit(
                            () ->
                                Command.output(
                                    "python3",
                                    reader,
                                    mountpoint.resolve(key).toString(),
                                    pieces.toString(),
                                    Integer.toString(ranks.get(i)),
                                    Integer.toString(of))))
                .toList();
        for (Future<?> load : loads) {
          load.get();
        }
      }
    } finally {
      Command umount = installation.sluice("umount", mountpoint.toString());
      assertEquals(0, umount.status(), umount::toString);
    }
    // After the unmount, with nothing under way any more.
    return (double) emulator.counters().getLong("bytes-out") / model.weights();
  }
}
