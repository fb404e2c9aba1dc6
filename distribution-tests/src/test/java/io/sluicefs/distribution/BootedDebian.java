// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.distribution;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.opentest4j.TestAbortedException;

/**
 * A Debian whose systemd runs, in a control group and with processes and mounts of its own, which
 * all end when it is closed.
 */
final class BootedDebian implements AutoCloseable {
  private static final String BOOT =
      DebianRoot.MOUNT
          + """
          mount -t sysfs -o ro sysfs "$root/sys"
          mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
          mknod -m 600 "$root/dev/console" c 5 1
          mkdir "$root/dev/shm"
          exec chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin container=test \
            /lib/systemd/systemd --unit=multi-user.target
          """;

  private final Process unshare;
  private final ProcessHandle systemd;
  private final Path group;

  private BootedDebian(Process unshare, ProcessHandle systemd, Path group) {
    this.unshare = unshare;
    this.systemd = systemd;
    this.group = group;
  }

  /** Boots, and returns when what belongs to it has been started. */
  static BootedDebian boot(DebianRoot root) throws IOException, InterruptedException {
    Path group = group();
    Process unshare =
        new ProcessBuilder(
                "sh",
                "-euc",
                "echo $$ >\"$0/cgroup.procs\"; exec unshare --mount --pid --cgroup --uts --ipc"
                    + " --fork --kill-child --propagation private sh -euc \"$@\"",
                group.toString(),
                BOOT,
                "sh",
                root.path("/").toString())
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    while (unshare.isAlive() && unshare.children().findFirst().isEmpty()) {
      Thread.sleep(50);
    }
    ProcessHandle systemd =
        unshare.children().findFirst().orElseThrow(() -> new AssertionError("nothing boots"));
    BootedDebian debian = new BootedDebian(unshare, systemd, group);
    while (!List.of("running", "degraded").contains(debian.state())) {
      if (!systemd.isAlive()) {
        debian.close();
        throw new AssertionError("systemd ended while it booted");
      }
      Thread.sleep(200);
    }
    return debian;
  }

  private static Path group() throws IOException {
    Path own =
        Files.readAllLines(Path.of("/proc/self/cgroup")).stream()
            .filter(line -> line.startsWith("0::/"))
            .map(line -> Path.of(line.substring("0::/".length())))
            .findFirst()
            .orElseThrow(
                () -> new TestAbortedException("there are no control groups of version 2"));
    Command mount = Command.run("findmnt", "-n", "-o", "TARGET", "-t", "cgroup2");
    try {
      Path mounted = Path.of(mount.out().lines().findFirst().orElse("/nonexistent"));
      return Files.createDirectory(mounted.resolve(own).resolve("sluice-systemd"));
    } catch (IOException e) {
      throw new TestAbortedException("no control group can be made here: " + e);
    }
  }

  private String state() {
    return run("systemctl is-system-running").out().strip();
  }

  private Command run(String script) {
    return Command.run(
        "nsenter",
        "-t",
        Long.toString(systemd.pid()),
        "-m",
        "-p",
        "-r",
        "-w",
        "sh",
        "-euc",
        script);
  }

  /** Runs a script that must succeed and returns what it wrote. */
  String output(String script) {
    Command command = run(script);
    assertEquals(0, command.status(), command::toString);
    return command.out();
  }

  @Override
  public void close() throws IOException {
    systemd.destroyForcibly();
    try {
      unshare.waitFor();
      // A process that has ended may leave its group a moment later.
      for (int attempt = 0; !removed(); attempt++) {
        if (attempt == 100) {
          throw new AssertionError(group + " has processes still");
        }
        Thread.sleep(Duration.ofMillis(50));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private boolean removed() throws IOException {
    try (Stream<Path> tree = Files.walk(group)) {
      for (Path folder :
          tree.filter(Files::isDirectory).sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(folder);
      }
      return true;
    } catch (IOException | UncheckedIOException e) {
      return !Files.exists(group);
    }
  }
}
