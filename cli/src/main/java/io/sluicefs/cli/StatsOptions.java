// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cli;

import io.sluicefs.kernel.control.ControlException;
import io.sluicefs.kernel.mount.MountException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Parameters;

/** Which mounts and files of them a verb is about. */
final class StatsOptions {
  @Parameters(
      paramLabel = "PATH",
      arity = "0..1",
      description = "A mountpoint, or a file or directory in a mount; all mounts when not given.")
  private @Nullable Path path;

  /** Asks the mounts; the answers by mountpoint. */
  Map<String, Map<String, Object>> ask(String verb) throws MountException, ControlException {
    Path asked = path;
    List<RunningMount> mounts = new ArrayList<>();
    if (asked == null) {
      mounts.addAll(RunningMount.all());
    } else {
      mounts.add(RunningMount.of(asked));
    }
    Map<String, Map<String, Object>> answers = new LinkedHashMap<>();
    for (RunningMount mount : mounts) {
      answers.put(
          mount.record().mountpoint().toString(),
          mount.ask(verb, Map.of("path", asked == null ? "" : mount.within(asked))));
    }
    return answers;
  }
}
