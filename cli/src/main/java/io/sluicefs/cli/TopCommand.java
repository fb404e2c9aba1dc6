// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cli;

import io.sluicefs.kernel.control.ControlException;
import io.sluicefs.kernel.mount.MountException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Shows on a whole terminal what mounts do. */
@Command(
    name = "top",
    description = "Shows on the whole terminal, every second, what mounts and their files do.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    footerHeading = "%nExamples:%n",
    footer = {"  sluice top", "  sluice top /mnt/models"})
final class TopCommand implements Callable<Integer> {
  private static final double NANOS = 1e9;
  private static final String OTHER_SCREEN = "\033[?1049h\033[?25l";
  private static final String OWN_SCREEN = "\033[?25h\033[?1049l";
  private static final String TO_THE_TOP = "\033[H";
  private static final String CLEAR_LINE = "\033[K\n";
  private static final String CLEAR_BELOW = "\033[J";

  @Mixin private StatsOptions options = new StatsOptions();

  @Spec
  @SuppressWarnings("NullAway.Init") // set by picocli
  private CommandSpec spec;

  @Override
  public Integer call() throws MountException, ControlException, InterruptedException {
    if (!LinuxProcess.isTerminal(LinuxProcess.STANDARD_OUTPUT)) {
      throw new MountException("sluice top needs a terminal; use sluice stats --watch");
    }
    PrintWriter out = spec.commandLine().getOut();
    Map<String, Map<String, Object>> before = options.ask("stats");
    Thread leave = new Thread(() -> show(out, OWN_SCREEN));
    Runtime.getRuntime().addShutdownHook(leave);
    show(out, OTHER_SCREEN);
    while (true) {
      long asked = System.nanoTime();
      TimeUnit.SECONDS.sleep(1);
      Map<String, Map<String, Object>> now = options.ask("stats");
      show(
          out, TO_THE_TOP + screen(now, before, (System.nanoTime() - asked) / NANOS) + CLEAR_BELOW);
      before = now;
    }
  }

  private static String screen(
      Map<String, Map<String, Object>> now,
      Map<String, Map<String, Object>> before,
      double seconds) {
    StringWriter text = new StringWriter();
    PrintWriter writer = new PrintWriter(text);
    now.forEach(
        (mountpoint, stats) ->
            StatsText.stats(
                writer,
                new JsonFields(stats),
                new JsonFields(before.getOrDefault(mountpoint, stats)),
                seconds));
    writer.flush();
    return text.toString().replace("\n", CLEAR_LINE);
  }

  private static void show(PrintWriter out, String text) {
    out.print(text);
    out.flush();
  }
}
