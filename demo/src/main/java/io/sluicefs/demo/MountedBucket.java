// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.demo;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A bucket mounted by the {@code sluice} command of an installation; close unmounts. */
final class MountedBucket implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final Path command;
  private final Path mountpoint;
  private final Process daemon;

  private MountedBucket(Path command, Path mountpoint, Process daemon) {
    this.command = command;
    this.mountpoint = mountpoint;
    this.daemon = daemon;
  }

  /** Mounts and returns when the mount answers. The daemon runs in the foreground, as our child. */
  static MountedBucket mount(Path command, Path configuration, Path mountpoint, Path log)
      throws IOException, InterruptedException {
    Files.createDirectories(mountpoint);
    Process daemon =
        new ProcessBuilder(
                command.toString(),
                "mount",
                "-f",
                "-c",
                configuration.toString(),
                mountpoint.toString())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    MountedBucket mounted = new MountedBucket(command, mountpoint, daemon);
    Instant deadline = Instant.now().plus(PATIENCE);
    while (!isMounted(mountpoint)) {
      boolean ended = daemon.waitFor(20, TimeUnit.MILLISECONDS);
      if (ended || Instant.now().isAfter(deadline)) {
        mounted.close();
        throw new IOException("the mount did not come up:\n" + Files.readString(log));
      }
    }
    return mounted;
  }

  ProcessUsage usage() {
    return new ProcessUsage(daemon.pid());
  }

  @Override
  public void close() throws IOException {
    try {
      if (isMounted(mountpoint)) {
        Process umount =
            new ProcessBuilder(command.toString(), "umount", mountpoint.toString())
                .inheritIO()
                .start();
        if (umount.waitFor() != 0) {
          throw new IOException("could not unmount " + mountpoint);
        }
      }
      if (!daemon.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
        throw new IOException("the daemon did not end after the unmount");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      daemon.destroy();
    }
  }

  private static boolean isMounted(Path mountpoint) throws IOException {
    List<String> mounts = Files.readAllLines(Path.of("/proc/self/mounts"), StandardCharsets.UTF_8);
    return mounts.stream().anyMatch(line -> line.split(" ", -1)[1].equals(mountpoint.toString()));
  }
}
