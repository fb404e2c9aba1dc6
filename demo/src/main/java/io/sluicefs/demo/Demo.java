// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.demo;

import io.sluicefs.emulator.Emulator;
import io.sluicefs.emulator.EmulatorOptions;
import io.sluicefs.emulator.ObjectStore;
import java.io.Console;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * The demo: two generated models in the emulator, loaded through a mount over each transport. Every
 * load starts with a new daemon and an empty cache, and what was read is compared with what is
 * stored.
 */
final class Demo {
  private static final String BUCKET = "models";
  private static final int RANKS = 8;
  private static final int LAYERS = 12;
  private static final int SHARDS = 4;
  private static final int GGUF_LAYERS = 3;
  private static final long SAMPLE_MILLIS = 250;

  private final Path command;
  private final Path work;
  private final Progress progress;
  private final Emulator emulator;
  private final List<Row> rows = new ArrayList<>();

  private Demo(Path command, Path work, Progress progress, Emulator emulator) {
    this.command = command;
    this.work = work;
    this.progress = progress;
    this.emulator = emulator;
  }

  /** Arguments: the sluice command, an empty folder to work in, the file for the figures. */
  @SuppressWarnings("SystemConsoleNull") // the JDK's documentation still allows null
  public static void main(String[] arguments) throws IOException, InterruptedException {
    Console console = System.console();
    boolean terminal = console != null && console.isTerminal();
    Progress progress = new Progress(System.out, terminal);
    try (Emulator emulator = Emulator.start(EmulatorOptions.defaults())) {
      Demo demo =
          new Demo(
              Path.of(arguments[0]).toAbsolutePath(),
              Path.of(arguments[1]).toAbsolutePath(),
              progress,
              emulator);
      demo.run();
      System.out.println();
      System.out.println(Row.HEADING);
      demo.rows.forEach(row -> System.out.println(row.line()));
      Files.writeString(
          Path.of(arguments[2]),
          demo.rows.stream()
              .map(Row::json)
              .collect(Collectors.joining(",\n  ", "{\"rows\":[\n  ", "\n]}\n")));
    }
  }

  private void run() throws IOException, InterruptedException {
    ObjectStore store = emulator.store();
    store.createBucket(BUCKET);
    List<ModelFile> llama = SafetensorsModel.files("llama/", LAYERS, SHARDS);
    List<ModelFile> shards = llama.subList(0, SHARDS);
    List<ModelFile> gguf = List.of(GgufModel.file("llama.gguf", GGUF_LAYERS));
    progress.start("Generating two models and their checksums", 0);
    for (List<ModelFile> model : List.of(llama, gguf)) {
      for (ModelFile file : model) {
        file.store(store, BUCKET);
      }
    }
    List<List<String>> llamaSums = List.of(sums(llama));
    List<List<String>> ggufSums = List.of(sums(gguf));
    List<List<String>> sliceSums = sliceSums(shards);
    progress.end();

    for (Map.Entry<String, String> transport : configurations().entrySet()) {
      Path configuration =
          Files.writeString(work.resolve(transport.getKey() + ".conf"), transport.getValue());
      Mounting mounting = new Mounting(transport.getKey(), configuration);
      load(mounting, "safetensors, one process in order", llama, llamaSums, Loaders::inOrder);
      load(
          mounting,
          "safetensors, " + RANKS + " processes, slices by mmap",
          shards,
          sliceSums,
          files -> Loaders.tensorParallel(RANKS, files));
      load(mounting, "gguf, one process in order", gguf, ggufSums, Loaders::inOrder);
    }
  }

  /** Returns a configuration for each transport: a cache of a third of the larger model. */
  private Map<String, String> configurations() {
    Map<String, String> configurations = new LinkedHashMap<>();
    configurations.put("s3", configuration("s3", emulator.s3Endpoint().toString(), "us-east-1"));
    configurations.put(
        "oss", configuration("oss", emulator.ossEndpoint().toString(), "cn-hangzhou"));
    return configurations;
  }

  private static String configuration(String transport, String endpoint, String region) {
    return """
        transport.%s {
          endpoint = "%s"
          region = %s
          bucket = %s
          credentials = environment
        }
        memory.limit = 768MiB
        cache.memory.capacity = 512MiB
        """
        .formatted(transport, endpoint, region, BUCKET);
  }

  private record Mounting(String transport, Path configuration) {}

  /** Starts the processes of a scenario on files of the mount. */
  @FunctionalInterface
  private interface Scenario {
    Loaders start(List<Path> files) throws IOException;
  }

  private void load(
      Mounting mounting,
      String name,
      List<ModelFile> files,
      List<List<String>> expected,
      Scenario scenario)
      throws IOException, InterruptedException {
    Path mountpoint = work.resolve("mnt");
    long bytes = files.stream().mapToLong(ModelFile::size).sum();
    List<Path> paths = files.stream().map(file -> mountpoint.resolve(file.key())).toList();
    String label = mounting.transport + ": " + name;
    progress.start(label, bytes);
    try (MountedBucket mount =
            MountedBucket.mount(
                command, mounting.configuration, mountpoint, work.resolve("daemon.log"));
        Loaders loaders = scenario.start(paths)) {
      emulator.counters().reset();
      Thread watcher = Thread.ofVirtual().start(this::watch);
      double cpu = mount.usage().cpuSeconds();
      long start = System.nanoTime();
      List<List<String>> sums = loaders.load(files.size());
      double seconds = (System.nanoTime() - start) / 1e9;
      cpu = mount.usage().cpuSeconds() - cpu;
      watcher.interrupt();
      watcher.join();
      progress.end();
      if (!sums.equals(expected)) {
        throw new IOException(label + ": what was read is not what is stored: " + sums);
      }
      long downloaded = emulator.counters().snapshot().bytesOut();
      long peak = mount.usage().peakResidentBytes();
      rows.add(new Row(mounting.transport, name, bytes, downloaded, seconds, cpu, peak));
    }
  }

  private void watch() {
    try {
      while (true) {
        TimeUnit.MILLISECONDS.sleep(SAMPLE_MILLIS);
        progress.at(emulator.counters().snapshot().bytesOut());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private List<String> sums(List<ModelFile> files) throws IOException {
    List<String> sums = new ArrayList<>();
    for (ModelFile file : files) {
      sums.add(emulator.store().sha256(BUCKET, file.key()));
    }
    return sums;
  }

  private List<List<String>> sliceSums(List<ModelFile> files) throws IOException {
    List<List<String>> sums = new ArrayList<>();
    for (int rank = 0; rank < RANKS; rank++) {
      List<String> ofRank = new ArrayList<>();
      for (ModelFile file : files) {
        ofRank.add(
            new TensorSlices(rank, RANKS)
                .digest(
                    (offset, length) ->
                        ByteBuffer.wrap(
                            emulator.store().bytes(BUCKET, file.key(), offset, length))));
      }
      sums.add(ofRank);
    }
    return sums;
  }
}
