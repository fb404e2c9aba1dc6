// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cli;

import io.sluicefs.kernel.control.ControlClient;
import io.sluicefs.kernel.control.ControlException;
import io.sluicefs.kernel.mount.MountException;
import io.sluicefs.kernel.mount.MountRecord;
import io.sluicefs.kernel.mount.Mountpoint;
import io.sluicefs.kernel.mount.StateFolder;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Puts a daemon of this release in the place of a running one. */
@Command(
    name = "upgrade",
    description = {
      "Puts a new daemon, of the release this command belongs to and with the configuration as it"
          + " is now, in the place of a running one. Open files stay open; what asks meanwhile"
          + " waits.",
      "If the new daemon cannot take over, the old one goes on."
    },
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    footerHeading = "%nExamples:%n",
    footer = "  /opt/sluice-2.0/bin/sluice upgrade /mnt/models")
final class UpgradeCommand implements Callable<Integer> {
  private static final Duration SERVE_WITHIN = Duration.ofSeconds(60);
  private static final Duration END_WITHIN = Duration.ofSeconds(60);
  private static final long LOOK_AGAIN_MILLIS = 10;

  @Parameters(paramLabel = "MOUNTPOINT", description = "Which mount.")
  private Path mountpoint = Path.of("");

  @Override
  public Integer call() throws MountException, ControlException, InterruptedException {
    Mountpoint place = Mountpoint.of(mountpoint);
    StateFolder state = StateFolder.ofThisUser();
    MountRecord old =
        state
            .find(place)
            .orElseThrow(
                () ->
                    new MountException(
                        place.path() + " is no mount of this user; sluice status lists those"));
    Path command = Home.folder("bin").resolve("sluice");
    try (ControlClient client = ControlClient.connect(state.socket(old))) {
      Map<String, Object> _ = client.ask("upgrade", Map.of("command", command.toString()));
    } catch (ControlException e) {
      if (e.getCause() == null) {
        throw new MountException(place.path() + ": " + e.getMessage(), e);
      }
      // The old daemon ended before it could say so: the new one is asked.
    }
    awaitNew(place, state, old);
    if (!new DaemonProcess(old.pid()).awaitEnd(END_WITHIN)) {
      throw new MountException(
          "%s is the new daemon's, but process %d, the old one, has not ended after %d s"
              .formatted(place.path(), old.pid(), END_WITHIN.toSeconds()));
    }
    return ExitStatus.OK;
  }

  private static void awaitNew(Mountpoint place, StateFolder state, MountRecord old)
      throws MountException, InterruptedException {
    long deadline = System.nanoTime() + SERVE_WITHIN.toNanos();
    while (!isServed(state, state.find(place), old)) {
      if (System.nanoTime() - deadline > 0) {
        throw new MountException(
            "%s: the new daemon has taken over and does not answer; see its log%s"
                .formatted(place.path(), old.log().isEmpty() ? "" : " " + old.log()));
      }
      TimeUnit.MILLISECONDS.sleep(LOOK_AGAIN_MILLIS);
    }
  }

  private static boolean isServed(StateFolder state, Optional<MountRecord> found, MountRecord old) {
    if (found.isEmpty() || found.get().pid() == old.pid()) {
      return false;
    }
    try (ControlClient client = ControlClient.connect(state.socket(found.get()))) {
      Map<String, Object> _ = client.ask("status", Map.of());
      return true;
    } catch (ControlException e) {
      return false;
    }
  }
}
