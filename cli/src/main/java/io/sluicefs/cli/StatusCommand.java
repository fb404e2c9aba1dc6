// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cli;

import io.sluicefs.kernel.control.ControlException;
import io.sluicefs.kernel.control.Json;
import io.sluicefs.kernel.mount.HostMounts.Visible;
import io.sluicefs.kernel.mount.MountException;
import io.sluicefs.kernel.mount.Mountpoint;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Lists the mounts of a host. */
@Command(
    name = "status",
    description = {
      "Lists the mounts of this user: what, where, how much memory, what failed.",
      "For root those of all users of the host; others are told which there are."
    },
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
  public Integer call() throws MountException, IOException {
    List<Map<String, Object>> answers = new ArrayList<>();
    int status = ExitStatus.OK;
    Set<String> known = new HashSet<>();
    for (RunningMount mount : RunningMount.all()) {
      known.add(mount.record().mountpoint().toString());
      try {
        Map<String, Object> answer = mount.ask("status", Map.of());
        if (Mountpoint.isDescriptor(mount.record().mountpoint())) {
          known.add(String.valueOf(answer.get("source")));
        }
        answers.add(answer);
      } catch (ControlException e) {
        spec.commandLine()
            .getErr()
            .println("sluice: " + mount.record().mountpoint() + ": " + e.getMessage());
        status = ExitStatus.FAILURE;
      }
    }
    OtherUsersMounts others = new OtherUsersMounts(known);
    boolean root = Integer.valueOf(0).equals(Files.getAttribute(Path.of("/proc/self"), "unix:uid"));
    if (root) {
      answers.addAll(others.ask());
    }
    List<Visible> silent = root ? List.of() : others.silent();
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      silent.forEach(
          mount ->
              answers.add(
                  Map.of(
                      "mountpoint", mount.mountpoint().toString(),
                      "source", mount.source(),
                      "other_user", true)));
      out.println(Json.array(answers));
    } else if (answers.isEmpty() && status == ExitStatus.OK) {
      out.println(StatsText.NOTHING_MOUNTED);
      StatsText.silent(out, silent);
    } else {
      answers.forEach(answer -> StatsText.status(out, new JsonFields(answer)));
      StatsText.silent(out, silent);
    }
    out.flush();
    return status;
  }
}
