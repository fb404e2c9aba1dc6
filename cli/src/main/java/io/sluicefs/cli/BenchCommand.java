// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cli;

import io.sluicefs.kernel.config.Configuration;
import io.sluicefs.kernel.control.Json;
import io.sluicefs.kernel.mount.MountException;
import io.sluicefs.kernel.mount.OpenBucket;
import io.sluicefs.kernel.plugin.PluginCatalog;
import io.sluicefs.kernel.plugin.PluginException;
import io.sluicefs.spi.Setting;
import io.sluicefs.spi.SettingException;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** Measures what the store and a mount give. */
@Command(
    name = "bench",
    description = {
      "Measures the store of a configuration, without a mount, or a mount.",
      "What the store gives over many connections is the most a mount can."
    },
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    footerHeading = "%nExamples:%n",
    footer = {
      "  sluice bench store -c /etc/sluice/models.conf",
      "  sluice bench store -c models.conf --connections 128 --seconds 20 --json",
      "  sluice bench mount /mnt/models/llama",
      "  sluice bench mount --write --size 4GiB /mnt/models"
    })
final class BenchCommand implements Runnable {
  private static final int MOST_CONNECTIONS = 1024;
  private static final int MOST_SECONDS = 3600;
  private static final long LEAST_SIZE = 1L << 20;
  private static final long MOST_SIZE = 1L << 40;

  /** Sizes as they are in a configuration. */
  static final class SizeConverter implements ITypeConverter<Long> {
    private static final Setting<Long> SIZE = Setting.size("size", "Bytes.");

    @Override
    public Long convert(String text) {
      try {
        return SIZE.parse(text);
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException("expected " + SIZE.expected());
      }
    }
  }

  @Spec
  @SuppressWarnings("NullAway.Init") // set by picocli
  private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "expected store or mount");
  }

  @Command(
      name = "store",
      description = {
        "Reads an object again and again: how late the first byte comes, how much one connection"
            + " carries and how much many do.",
        "Reads only, keeps nothing, and costs what the store charges for what is read."
      },
      mixinStandardHelpOptions = true,
      versionProvider = Version.class)
  int store(
      @Mixin ConfigurationOptions options,
      @Option(
              names = "--key",
              paramLabel = "KEY",
              description =
                  "Of the object, prefix included; the largest of the first 1000 without.")
          @Nullable String key,
      @Option(
              names = "--connections",
              paramLabel = "N",
              defaultValue = "32",
              description = "How many are many, ${DEFAULT-VALUE} without this.")
          int connections,
      @Option(
              names = "--seconds",
              paramLabel = "N",
              defaultValue = "5",
              description = "How long each of the two is measured, ${DEFAULT-VALUE} without this.")
          int seconds,
      @Option(names = "--json", description = "Print one object of JSON.") boolean json)
      throws SettingException, PluginException, MountException, IOException, InterruptedException {
    checkRange("--connections", connections, MOST_CONNECTIONS);
    checkRange("--seconds", seconds, MOST_SECONDS);
    Configuration configuration = options.load();
    StoreBench.Result result;
    try (PluginCatalog plugins = Home.plugins();
        OpenBucket bucket = OpenBucket.open(configuration, plugins)) {
      StoreBench bench = StoreBench.of(bucket, key, connections, seconds);
      try (ProgressLine _ = ProgressLine.start(err(), bench::progress)) {
        result = bench.run();
      }
    }
    print(json, result.json(), result.lines());
    return ExitStatus.OK;
  }

  @Command(
      name = "mount",
      description = {
        "Reads a file of a mount in order, after taking it out of the page cache; with --write it"
            + " writes one, which is removed again.",
        "How much of it came from the store is said beside it: a cache of the mount may have it."
      },
      mixinStandardHelpOptions = true,
      versionProvider = Version.class)
  int mount(
      @Parameters(
              paramLabel = "PATH",
              description = "A file, or a directory, whose largest file is read.")
          Path path,
      @Option(
              names = "--size",
              paramLabel = "SIZE",
              defaultValue = "1GiB",
              converter = SizeConverter.class,
              description = "Most bytes read, and those written; ${DEFAULT-VALUE} without this.")
          long size,
      @Option(
              names = "--write",
              description =
                  "Also write a file of that size beside it, as if it were uploaded, and remove"
                      + " it.")
          boolean write,
      @Option(names = "--json", description = "Print one object of JSON.") boolean json)
      throws MountException, IOException {
    if (size < LEAST_SIZE || size > MOST_SIZE) {
      throw new ParameterException(
          spec.commandLine(), "--size: expected from 1MiB to 1TiB; less says nothing");
    }
    MountBench bench = MountBench.of(path, size, write);
    MountBench.Result result;
    try (ProgressLine line = ProgressLine.start(err(), bench::progress);
        Interruption _ =
            Interruption.install(
                () -> {
                  line.erase();
                  bench.cleanUp();
                })) {
      result = bench.run();
    }
    print(json, result.json(), result.lines());
    return ExitStatus.OK;
  }

  private void checkRange(String option, int value, int most) {
    if (value < 1 || value > most) {
      throw new ParameterException(
          spec.commandLine(), "%s: expected a number from 1 to %d".formatted(option, most));
    }
  }

  private void print(boolean asJson, Map<String, ?> json, Iterable<String> lines) {
    PrintWriter out = spec.commandLine().getOut();
    if (asJson) {
      out.println(Json.text(json));
    } else {
      lines.forEach(out::println);
    }
    out.flush();
  }

  private PrintWriter err() {
    return spec.commandLine().getErr();
  }
}
