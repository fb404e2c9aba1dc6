// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cli;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Whether a host lets a user mount FUSE file systems at all. */
final class HostChecks {
  private static final int ROOT_USER = 0;

  /** The oldest Linux kernel the tests have run on. */
  private static final int OLDEST_MAJOR = 5;

  private static final int OLDEST_MINOR = 10;
  private static final long FEW_FILES = 4096;
  private static final Pattern RELEASE = Pattern.compile("(\\d+)\\.(\\d+).*");
  private static final Pattern OPEN_FILES = Pattern.compile("Max open files\\s+\\S+\\s+(\\S+).*");

  private final Path root;
  private final int uid;
  private final String userName;
  private final List<Path> programs;

  /**
   * Creates the checks.
   *
   * @param root of the file system of the host
   * @param uid the user who would mount
   * @param userName the name the host's databases of users have for it; the number if they have
   *     none
   * @param programs the folders programs are looked for in
   */
  HostChecks(Path root, int uid, String userName, List<Path> programs) {
    this.root = root;
    this.uid = uid;
    this.userName = userName;
    this.programs = List.copyOf(programs);
  }

  /** Returns the checks of this host and user. */
  static HostChecks ofThisHost() throws IOException {
    String path = Objects.requireNonNullElse(System.getenv("PATH"), "");
    Path self = Path.of("/proc/self");
    return new HostChecks(
        Path.of("/"),
        (Integer) Files.getAttribute(self, "unix:uid"),
        // Asks getpwuid as fusermount3 does, so that users of LDAP and the like have names.
        Files.getOwner(self).getName(),
        Arrays.stream(path.split(":", -1)).filter(part -> !part.isEmpty()).map(Path::of).toList());
  }

  List<Finding> findings(boolean allowsOther) {
    List<Finding> findings =
        new ArrayList<>(List.of(kernel(), device(), fusermount(), openFiles()));
    if (uid != ROOT_USER) {
      findings.add(2, user());
    }
    if (allowsOther && uid != ROOT_USER) {
      findings.add(allowOther());
    }
    return findings;
  }

  private Finding kernel() {
    String release;
    try {
      release = Files.readString(root.resolve("proc/sys/kernel/osrelease")).strip();
    } catch (IOException e) {
      return Finding.failed("kernel", "cannot tell its release: " + e, "mount /proc");
    }
    Matcher version = RELEASE.matcher(release);
    if (version.matches()) {
      int major = Integer.parseInt(version.group(1));
      int minor = Integer.parseInt(version.group(2));
      if (major < OLDEST_MAJOR || (major == OLDEST_MAJOR && minor < OLDEST_MINOR)) {
        return Finding.warning(
            "kernel",
            "Linux " + release + " is older than any Sluice is tested with",
            "use Linux %d.%d or newer".formatted(OLDEST_MAJOR, OLDEST_MINOR));
      }
    }
    return Finding.ok("kernel", "Linux " + release);
  }

  private Finding device() {
    Path device = root.resolve("dev/fuse");
    if (!Files.exists(device)) {
      return Finding.failed(
          "/dev/fuse",
          "is not there",
          "load the module with modprobe fuse; give a container --device /dev/fuse");
    }
    try (FileChannel channel =
        FileChannel.open(device, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      return Finding.ok("/dev/fuse", channel.isOpen() ? "can be opened" : "is closed");
    } catch (IOException e) {
      return Finding.failed(
          "/dev/fuse",
          "cannot be opened: " + e.getMessage(),
          "chmod 0666 /dev/fuse; give a container --device /dev/fuse");
    }
  }

  private Finding fusermount() {
    for (Path folder : programs) {
      Path program = folder.resolve("fusermount3");
      if (Files.isExecutable(program)) {
        return Finding.ok("fusermount3", program.toString());
      }
    }
    return uid == ROOT_USER
        ? Finding.ok("fusermount3", "not found, and root needs none")
        : Finding.failed(
            "fusermount3",
            "not found on the PATH, and only root mounts without it",
            "install the package fuse3");
  }

  private Finding user() {
    return userName.equals(Integer.toString(uid))
        ? Finding.failed(
            "user",
            "user id " + uid + " has no name, and fusermount3 mounts only for users with one",
            "add it to /etc/passwd: useradd -u %1$d NAME; in a container: echo".formatted(uid)
                + " 'sluice:x:%d:0::/:/bin/false' >> /etc/passwd, or start as root with"
                    .formatted(uid)
                + " share/container/mount-unprivileged")
        : Finding.ok("user", userName + ", user id " + uid);
  }

  private Finding openFiles() {
    try {
      for (String line : Files.readAllLines(root.resolve("proc/self/limits"))) {
        Matcher limit = OPEN_FILES.matcher(line);
        if (limit.matches()) {
          String most = limit.group(1);
          return most.equals("unlimited") || Long.parseLong(most) >= FEW_FILES
              ? Finding.ok("open files", "at most " + most)
              : Finding.warning(
                  "open files",
                  "at most " + most + ", connections to the store included",
                  "raise it: ulimit -n 65536, or LimitNOFILE=65536 in the unit");
        }
      }
    } catch (IOException e) {
      return Finding.skipped("open files", "cannot tell the limit: " + e.getMessage());
    }
    return Finding.skipped("open files", "no limit is named");
  }

  private Finding allowOther() {
    Path file = root.resolve("etc/fuse.conf");
    try {
      if (Files.exists(file)
          && Files.readAllLines(file).stream()
              .anyMatch(line -> line.strip().equals("user_allow_other"))) {
        return Finding.ok("allow-other", "/etc/fuse.conf lets users allow others");
      }
    } catch (IOException e) {
      return Finding.failed("allow-other", "cannot read /etc/fuse.conf: " + e, "chmod a+r it");
    }
    return Finding.failed(
        "allow-other",
        "mount.allow-other is set, and only root may",
        "put the line user_allow_other into /etc/fuse.conf");
  }
}
