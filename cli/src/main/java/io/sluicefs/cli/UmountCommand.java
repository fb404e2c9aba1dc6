// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cli;

import io.sluicefs.kernel.mount.MountException;
import io.sluicefs.kernel.mount.MountRecord;
import io.sluicefs.kernel.mount.Mountpoint;
import io.sluicefs.kernel.mount.StateFolder;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Unmounts. */
@Command(
    name = "umount",
    description = "Unmounts and returns when the daemon has ended.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    footerHeading = "%nExamples:%n",
    footer = {"  sluice umount /mnt/models", "  sluice umount --lazy /mnt/models"})
final class UmountCommand implements Callable<Integer> {
  private static final Duration END_WITHIN = Duration.ofSeconds(60);

  @Option(
      names = "--lazy",
      description = "Take the mount away even if files are open; it ends when they are closed.")
  private boolean lazy;

  @Parameters(paramLabel = "MOUNTPOINT", description = "Where the bucket is mounted.")
  private Path mountpoint = Path.of("");

  @Override
  public Integer call() throws MountException, InterruptedException {
    Mountpoint place = Mountpoint.of(mountpoint);
    if (place.source().isEmpty()) {
      throw new MountException(place.path() + " is not a mount of Sluice");
    }
    Optional<MountRecord> daemon = StateFolder.ofThisUser().find(place);
    if (lazy) {
      place.detach();
      return ExitStatus.OK;
    }
    if (place.state() == Mountpoint.State.DEAD) {
      place.detach();
      return ExitStatus.OK;
    }
    place.unmount();
    if (daemon.isPresent()) {
      awaitEnd(daemon.get());
    }
    return ExitStatus.OK;
  }

  private static void awaitEnd(MountRecord daemon) throws MountException, InterruptedException {
    if (!new DaemonProcess(daemon.pid()).awaitEnd(END_WITHIN)) {
      throw new MountException(
          "%s is unmounted, but process %d has not ended after %d s; see its log%s"
              .formatted(
                  daemon.mountpoint(),
                  daemon.pid(),
                  END_WITHIN.toSeconds(),
                  daemon.log().isEmpty() ? "" : " " + daemon.log()));
    }
  }
}
