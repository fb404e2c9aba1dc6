// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cli;

import io.sluicefs.kernel.control.ControlException;
import io.sluicefs.kernel.control.Json;
import io.sluicefs.kernel.mount.MountException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Lists the mounts of a host. */
@Command(
    name = "status",
    description = "Lists the mounts of this user: what, where, how much memory, what failed.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    footerHeading = "%nExamples:%n",
    footer = {"  sluice status", "  sluice status --json"},
    exitCodeListHeading = "%nExit status:%n",
    exitCodeList = {"0:all mounts answered, or there are none", "1:a mount did not answer"})
final class StatusCommand implements Callable<Integer> {
  @Option(names = "--json", description = "Print JSON, an array with an object for each mount.")
  private boolean json;

  @Spec
  @SuppressWarnings("NullAway.Init") // set by picocli
  private CommandSpec spec;

  @Override
  public Integer call() throws MountException {
    List<Map<String, Object>> answers = new ArrayList<>();
    int status = ExitStatus.OK;
    for (RunningMount mount : RunningMount.all()) {
      try {
        answers.add(mount.ask("status", Map.of()));
      } catch (ControlException e) {
        spec.commandLine()
            .getErr()
            .println("sluice: " + mount.record().mountpoint() + ": " + e.getMessage());
        status = ExitStatus.FAILURE;
      }
    }
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      out.println(Json.array(answers));
    } else if (answers.isEmpty() && status == ExitStatus.OK) {
      out.println(StatsText.NOTHING_MOUNTED);
    } else {
      answers.forEach(answer -> StatsText.status(out, new JsonFields(answer)));
    }
    out.flush();
    return status;
  }
}
