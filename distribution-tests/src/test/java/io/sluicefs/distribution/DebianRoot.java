// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.distribution;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * The files of a Debian without Java, in which scripts run as on a host of their own: with its
 * processes and its mounts, which end with the script, and with the network of this one.
 */
final class DebianRoot {
  private static final List<String> NOTED_IN =
      List.of("/var/lib/dpkg/", "/var/lib/rpm", "/var/log/", "/var/cache/ldconfig", "/etc/fstab");

  /** Mounts what the files in {@code $1} need to be those of a host. */
  static final String MOUNT =
      """
      root=$1
      # Itself a mount, so that the root is in the list of mounts there, as on every host.
      mount --bind "$root" "$root"
      mount -t proc proc "$root/proc"
      mount -t tmpfs tmpfs "$root/run"
      mount -t tmpfs tmpfs "$root/dev"
      for device in null:3 zero:5 random:8 urandom:9 fuse:229; do
        case $device in fuse:*) major=10 ;; *) major=1 ;; esac
        mknod -m 666 "$root/dev/${device%:*}" c $major "${device#*:}"
      done
      ln -s /proc/self/fd "$root/dev/fd"
      """;

  private static final String ENTER =
      MOUNT
          + """
          shift
          exec chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root \
            /bin/sh -euc "$@"
          """;

  private final Path root;

  private DebianRoot(Path root) {
    this.root = root;
  }

  /** Unpacks what {@code tools/debian-root} has made. */
  static DebianRoot unpack(Path into) throws IOException {
    Files.createDirectories(into);
    Command.output("tar", "-xf", System.getProperty("sluice.debian"), "-C", into.toString());
    return new DebianRoot(into);
  }

  Path path(String inside) {
    return root.resolve(inside.substring(1));
  }

  void write(String inside, String text) throws IOException {
    Files.createDirectories(path(inside).getParent());
    Files.writeString(path(inside), text);
  }

  /** Runs a script of the shell as root, which ends at the first command that fails. */
  Command run(String script) {
    return Command.run(
        "unshare",
        "--mount",
        "--pid",
        "--fork",
        "--kill-child",
        "--propagation",
        "private",
        "sh",
        "-euc",
        ENTER,
        "sh",
        root.toString(),
        script);
  }

  /** Runs a script that must succeed and returns what it wrote. */
  String output(String script) {
    Command command = run(script);
    assertEquals(0, command.status(), command::toString);
    return command.out();
  }

  /** Returns the files there are, and what each is; without those every installation notes in. */
  Map<String, String> files() throws IOException {
    Map<String, String> files = new TreeMap<>();
    try (Stream<Path> tree = Files.walk(root)) {
      for (Path path : (Iterable<Path>) tree::iterator) {
        String inside = "/" + root.relativize(path);
        if (NOTED_IN.stream().noneMatch(inside::startsWith)) {
          files.put(
              inside,
              Files.isSymbolicLink(path)
                  ? "-> " + Files.readSymbolicLink(path)
                  : Files.isDirectory(path) ? "/" : Files.size(path) + " bytes");
        }
      }
    }
    return files;
  }
}
