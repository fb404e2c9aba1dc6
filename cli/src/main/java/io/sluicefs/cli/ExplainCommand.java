// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cli;

import io.sluicefs.kernel.control.ControlException;
import io.sluicefs.kernel.control.Json;
import io.sluicefs.kernel.mount.MountException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Says what loading a file did, and what would have made it faster. */
@Command(
    name = "explain",
    description = "Says what loads of files did, and which setting would have helped.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    footerHeading = "%nExamples:%n",
    footer = {
      "  sluice explain /mnt/models/llama/model-00001.safetensors",
      "  sluice explain /mnt/models/llama"
    })
final class ExplainCommand implements Callable<Integer> {
  @Option(names = "--json", description = "Print JSON: what the mount counted, and no advice.")
  private boolean json;

  @Parameters(paramLabel = "PATH", description = "A file or directory in a mount.")
  private Path path = Path.of("");

  @Spec
  @SuppressWarnings("NullAway.Init") // set by picocli
  private CommandSpec spec;

  @Override
  public Integer call() throws MountException, ControlException {
    RunningMount mount = RunningMount.of(path);
    Map<String, Object> answer = mount.ask("history", Map.of("path", mount.within(path)));
    PrintWriter out = spec.commandLine().getOut();
    JsonFields history = new JsonFields(answer);
    List<JsonFields> files = history.objects("files");
    if (json) {
      out.println(Json.text(answer));
    } else if (files.isEmpty()) {
      out.println("Nothing there was read through this mount, or too long ago to be remembered.");
    } else {
      for (JsonFields file : files) {
        explain(out, file, history);
      }
    }
    out.flush();
    return ExitStatus.OK;
  }

  private static void explain(PrintWriter out, JsonFields file, JsonFields mount) {
    out.printf(
        "%s%n  %s, opened %d times; %s read, %s downloaded in %d requests; %d reads waited, %.1f s"
            + " in all%n",
        UploadsListing.printable(file.text("path")),
        ByteCount.text(file.number("size")),
        file.number("opens"),
        ByteCount.text(file.number("read_bytes")),
        ByteCount.text(file.number("downloaded_bytes")),
        file.number("requests"),
        file.number("waits"),
        file.decimal("wait_seconds"));
    if (!file.text("pattern").isEmpty()) {
      out.printf("  seen as: %s%n", file.text("pattern"));
    }
    LoadAdvice.of(file, mount).forEach(advice -> out.printf("  - %s%n", advice));
  }
}
