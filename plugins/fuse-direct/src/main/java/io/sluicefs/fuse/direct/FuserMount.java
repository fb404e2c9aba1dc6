// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.fuse.direct;

import io.sluicefs.spi.fuse.MountOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Mounting by fusermount3, which does it for users other than root and passes the descriptor of the
 * device back over a socket.
 */
final class FuserMount {
  private static final String PROGRAM = "fusermount3";
  private static final List<String> FOLDERS =
      List.of("/usr/bin", "/bin", "/usr/local/bin", "/usr/sbin", "/sbin");

  private FuserMount() {}

  /**
   * Mounts.
   *
   * @return the descriptor of the device, the caller's to close
   */
  static int mount(String mountpoint, MountOptions options) throws IOException {
    String program = find();
    try (SocketPair sockets = SocketPair.open();
        ChildProcess child =
            ChildProcess.spawn(
                List.of(program, "-o", text(options), "--", mountpoint),
                List.of("_FUSE_COMMFD=" + sockets.theirs(), "PATH=" + String.join(":", FOLDERS)))) {
      // While this end of the child's socket is open, a child that fails would not end the wait.
      sockets.closeTheirs();
      int descriptor = sockets.receiveDescriptor();
      int status = child.await();
      if (descriptor < 0) {
        throw new IOException("cannot mount at " + mountpoint + ": " + reason(child, status));
      }
      return descriptor;
    }
  }

  private static String reason(ChildProcess child, int status) {
    String line =
        child
            .errors()
            .lines()
            .map(text -> text.replaceFirst("^(.*/)?fusermount3?: *", "").strip())
            .filter(text -> !text.isEmpty())
            .collect(Collectors.joining("; "));
    return line.isEmpty() ? PROGRAM + " exits with " + status : line;
  }

  private static String text(MountOptions options) {
    List<String> all = new ArrayList<>();
    all.add("fsname=" + options.source());
    all.add("subtype=sluice");
    all.add(options.readOnly() ? "ro" : "rw");
    all.add("nosuid");
    all.add("nodev");
    if (options.allowOther()) {
      all.add("allow_other");
      all.add("default_permissions");
    }
    return all.stream()
        .map(option -> option.replace("\\", "\\\\").replace(",", "\\,"))
        .collect(Collectors.joining(","));
  }

  /** Unmounts; with open files, detaches. */
  static void unmount(String mountpoint) throws IOException {
    String program = find();
    if (run(program, "-u", "-q", "--", mountpoint) != 0
        && run(program, "-u", "-z", "-q", "--", mountpoint) != 0) {
      throw new IOException(PROGRAM + " could not unmount " + mountpoint);
    }
  }

  private static int run(String... command) throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD);
    // The keys may be in the environment, and are no business of its.
    builder.environment().clear();
    Process process = builder.start();
    try {
      return process.waitFor();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while unmounting", e);
    }
  }

  /**
   * Returns the program.
   *
   * @throws IOException if it is not installed
   */
  static String find() throws IOException {
    for (String folder : FOLDERS) {
      Path program = Path.of(folder, PROGRAM);
      if (Files.isExecutable(program)) {
        return program.toString();
      }
    }
    throw new IOException(
        PROGRAM + " was not found; install fuse3 (Debian, Ubuntu, Red Hat), or mount as root");
  }
}
