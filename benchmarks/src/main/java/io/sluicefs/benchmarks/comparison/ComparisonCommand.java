// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.benchmarks.comparison;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Compares Sluice with s3fs and rclone and writes the figures. */
@Command(name = "compare", mixinStandardHelpOptions = true, sortOptions = false)
@SuppressWarnings("NullAway.Init") // picocli sets what is required
public final class ComparisonCommand implements Callable<Integer> {
  /** How much is measured. */
  enum Extent {
    FULL,
    QUICK;

    Scale scale() {
      return this == FULL ? Scale.full() : Scale.quick();
    }
  }

  @Option(
      names = "--scale",
      defaultValue = "full",
      description = "full: half an hour; quick: some minutes, once and small.")
  private Extent extent;

  @Option(
      names = "--works",
      defaultValue = ".*",
      paramLabel = "REGEX",
      description = "Those works only whose names match.")
  private Pattern works;

  @Option(names = "--runs", description = "Most runs of each row; else as the scale says.")
  private @Nullable Integer runs;

  @Option(names = "--distribution", required = true, description = "Where Sluice is laid out.")
  private Path distribution;

  @Option(names = "--emulator", required = true, description = "Modules of the emulator.")
  private Path emulator;

  @Option(names = "--work", required = true, description = "Empty folder for mounts and caches.")
  private Path work;

  @Option(names = "--figures", required = true, description = "File for all figures, as JSON.")
  private Path figures;

  @Option(names = "--report", description = "Folder for the report; without it there is none.")
  private @Nullable Path report;

  /** Settings come from the command line. */
  public ComparisonCommand() {}

  public static void main(String[] arguments) {
    System.exit(
        new CommandLine(new ComparisonCommand())
            .setCaseInsensitiveEnumValuesAllowed(true)
            .execute(arguments));
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    Scale scale = extent.scale().only(works);
    if (runs != null) {
      scale = scale.repeated(runs);
    }
    Machine machine = Machine.here();
    FreeMemory.touch();
    // What it started ends with it.
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> ProcessHandle.current().descendants().forEach(ProcessHandle::destroy)));
    try (ObjectServer server = ObjectServer.start(emulator.toAbsolutePath())) {
      Path absolute = work.toAbsolutePath();
      List<Candidate> candidates =
          new Candidates(distribution.toAbsolutePath(), absolute, server).all();
      List<Row> rows = new Comparison(server, candidates, scale, absolute, System.out).run();
      Files.writeString(figures, new FigureFile(machine, rows).text());
      if (report != null) {
        Report.of(machine, scale, candidates, rows).write(report);
      }
    }
    return 0;
  }
}
