// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cli;

import io.sluicefs.kernel.control.ControlException;
import io.sluicefs.kernel.mount.MountException;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Changes a setting of a running mount. */
@Command(
    name = "set",
    description = {
      "Changes a setting of a running mount, until it is unmounted.",
      "Those that can change are log.level, memory.limit, metadata.attribute-ttl and negative-ttl,"
          + " cache.memory.retention and the settings of prefetchers; sluice config reference marks"
          + " them. Open files keep the prefetch settings they were opened with, and Linux what it"
          + " was told of names before."
    },
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    footerHeading = "%nExamples:%n",
    footer = {
      "  sluice set log.level=debug /mnt/models",
      "  sluice set memory.limit=8GiB /mnt/models",
      "  sluice set prefetch.sequential.requests=128 /mnt/models",
      "  sluice config show --origin /mnt/models"
    })
final class SetCommand implements Callable<Integer> {
  @Parameters(index = "0", paramLabel = "path=value", description = "The setting.")
  private String setting = "";

  @Parameters(index = "1", paramLabel = "MOUNTPOINT", description = "Of which mount.")
  private Path mountpoint = Path.of("");

  @Spec
  @SuppressWarnings("NullAway.Init") // set by picocli
  private CommandSpec spec;

  @Override
  public Integer call() throws MountException, ControlException {
    int equals = setting.indexOf('=');
    if (equals < 1) {
      throw new ParameterException(
          spec.commandLine(), "expected path=value, such as log.level=debug");
    }
    Map<String, Object> _ =
        RunningMount.of(mountpoint)
            .ask(
                "set",
                Map.of(
                    "setting",
                    setting.substring(0, equals).strip(),
                    "value",
                    setting.substring(equals + 1).strip()));
    return ExitStatus.OK;
  }
}
