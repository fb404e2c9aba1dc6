// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.benchmarks.comparison;

import com.google.errorprone.annotations.MustBeClosed;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A bucket mounted by a candidate; close unmounts it, whatever state it is in. */
final class MountedCandidate implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final Path mountpoint;
  private final Process daemon;
  private final Path log;

  private MountedCandidate(Path mountpoint, Process daemon, Path log) {
    this.mountpoint = mountpoint;
    this.daemon = daemon;
    this.log = log;
  }

  /** Mounts, and returns when the mount answers. */
  @MustBeClosed
  static MountedCandidate mount(Candidate candidate, Path work)
      throws IOException, InterruptedException {
    Path mountpoint = Files.createDirectories(work.resolve("mnt"));
    Path log = work.resolve(candidate.name().replace(' ', '-') + ".log");
    ProcessBuilder builder = new ProcessBuilder(candidate.command().words(mountpoint));
    // Settings of the surroundings, such as authorities to trust, are not part of the comparison.
    builder.environment().keySet().removeIf(name -> name.matches("(AWS|OSS|RCLONE)_.*"));
    builder.environment().putAll(candidate.environment());
    Process daemon = builder.redirectErrorStream(true).redirectOutput(log.toFile()).start();
    MountedCandidate mounted = new MountedCandidate(mountpoint, daemon, log);
    Instant deadline = Instant.now().plus(PATIENCE);
    while (!isMounted(mountpoint)) {
      if (daemon.waitFor(20, TimeUnit.MILLISECONDS) || Instant.now().isAfter(deadline)) {
        mounted.close();
        throw new IOException(candidate.name() + " did not mount:\n" + Files.readString(log));
      }
    }
    var _ = Files.getFileStore(mountpoint).getTotalSpace();
    return mounted;
  }

  Path mountpoint() {
    return mountpoint;
  }

  DaemonUsage usage() {
    return new DaemonUsage(daemon.toHandle());
  }

  /** Returns the end of what the daemon said. */
  String lastWords() throws IOException {
    List<String> lines = Files.readAllLines(log);
    return String.join("\n", lines.subList(Math.max(0, lines.size() - 3), lines.size()));
  }

  @Override
  public void close() throws IOException {
    try {
      end();
    } catch (InterruptedException e) {
      daemon.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }

  private void end() throws IOException, InterruptedException {
    if (isMounted(mountpoint) && run("fusermount3", "-u", "-q", mountpoint.toString()) != 0) {
      run("fusermount3", "-u", "-q", "-z", mountpoint.toString());
    }
    if (!daemon.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
      daemon.destroyForcibly().waitFor();
    }
  }

  private static int run(String... command) throws IOException, InterruptedException {
    return new ProcessBuilder(command).start().waitFor();
  }

  private static boolean isMounted(Path mountpoint) throws IOException {
    return Files.readAllLines(Path.of("/proc/self/mounts")).stream()
        .anyMatch(line -> line.split(" ", -1)[1].equals(mountpoint.toString()));
  }
}
