// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cli;

import io.sluicefs.kernel.control.ControlException;
import io.sluicefs.kernel.control.Json;
import io.sluicefs.kernel.mount.MountException;
import java.io.PrintWriter;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Shows what a mount reads, from where, and how. */
@Command(
    name = "stats",
    description = "Shows what was read and downloaded, cache by cache and file by file.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    footerHeading = "%nExamples:%n",
    footer = {
      "  sluice stats /mnt/models",
      "  sluice stats --watch /mnt/models/llama",
      "  sluice stats --json /mnt/models"
    })
final class StatsCommand implements Callable<Integer> {
  private static final double NANOS = 1e9;
  private static final JsonFields NOTHING = new JsonFields(Map.of());

  @Option(
      names = "--watch",
      description = "Show it again every second, with speeds, until stopped.")
  private boolean watch;

  @Option(
      names = "--json",
      description = "Print JSON, an array with an object for each mount; one a line with --watch.")
  private boolean json;

  @Mixin private StatsOptions options = new StatsOptions();

  @Spec
  @SuppressWarnings("NullAway.Init") // set by picocli
  private CommandSpec spec;

  @Override
  public Integer call() throws MountException, ControlException, InterruptedException {
    PrintWriter out = spec.commandLine().getOut();
    Map<String, Map<String, Object>> answers = options.ask("stats");
    print(out, answers, Map.of(), 0);
    while (watch) {
      long asked = System.nanoTime();
      TimeUnit.SECONDS.sleep(1);
      Map<String, Map<String, Object>> next = options.ask("stats");
      print(out, next, answers, (System.nanoTime() - asked) / NANOS);
      answers = next;
    }
    return ExitStatus.OK;
  }

  private void print(
      PrintWriter out,
      Map<String, Map<String, Object>> answers,
      Map<String, Map<String, Object>> before,
      double seconds) {
    if (json) {
      out.println(Json.array(answers.values()));
    } else if (answers.isEmpty()) {
      out.println(StatsText.NOTHING_MOUNTED);
    } else {
      answers.forEach(
          (mountpoint, stats) -> {
            Map<String, Object> earlier = before.get(mountpoint);
            StatsText.stats(
                out,
                new JsonFields(stats),
                earlier == null ? NOTHING : new JsonFields(earlier),
                earlier == null ? 0 : seconds);
          });
    }
    out.flush();
  }
}
