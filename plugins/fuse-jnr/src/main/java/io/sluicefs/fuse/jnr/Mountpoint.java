// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.fuse.jnr;

import io.sluicefs.spi.fuse.Errno;
import io.sluicefs.spi.fuse.MountOptions;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The directory a file system is mounted on, and what is mounted there. */
final class Mountpoint {
  private static final System.Logger LOG = System.getLogger(Mountpoint.class.getName());
  private static final Path MOUNTS = Path.of("/proc/self/mountinfo");
  private static final Path FUSE_CONF = Path.of("/etc/fuse.conf");

  private final Path path;
  private @Nullable String device;

  private Mountpoint(Path path) {
    this.path = path;
  }

  /**
   * Returns the mountpoint of a mount, if it can be one.
   *
   * @throws IOException if not; the message says what to do
   */
  static Mountpoint check(MountOptions options) throws IOException {
    Path path = options.mountpoint();
    if (path.startsWith("/dev/fd")) {
      throw new IOException(
          "mountpoint " + path + ": this channel serves no descriptor; use fuse = direct");
    }
    Path real;
    try {
      real = path.toRealPath();
      if (!Files.readAttributes(real, BasicFileAttributes.class).isDirectory()) {
        throw new IOException("mountpoint " + path + " is not a directory");
      }
      try (DirectoryStream<Path> entries = Files.newDirectoryStream(real)) {
        if (!options.nonEmpty() && entries.iterator().hasNext()) {
          throw new IOException(
              "mountpoint " + path + " is not empty; mount on an empty directory");
        }
      }
    } catch (NoSuchFileException e) {
      throw new IOException("mountpoint " + path + " does not exist; create it first", e);
    } catch (AccessDeniedException e) {
      throw new IOException("mountpoint " + path + " is not accessible to this user", e);
    } catch (FileSystemException e) {
      if (isDead(e)) {
        throw new IOException(
            "mountpoint " + path + " holds a dead mount; remove it with: fusermount -u " + path, e);
      }
      throw new IOException("mountpoint " + path + ": " + e.getReason(), e);
    }
    if (options.allowOther() && LibC.effectiveUser() != 0 && !othersMayBeAllowed()) {
      throw new IOException(
          "only root may let other users in; add user_allow_other to " + FUSE_CONF);
    }
    return new Mountpoint(real);
  }

  private static boolean isDead(FileSystemException e) {
    String reason = e.getReason();
    return reason != null && reason.contains("Transport endpoint is not connected");
  }

  private static boolean othersMayBeAllowed() {
    try {
      return Files.readAllLines(FUSE_CONF).stream()
          .anyMatch(line -> line.strip().equals("user_allow_other"));
    } catch (IOException e) {
      return false;
    }
  }

  String path() {
    return path.toString();
  }

  /** Remembers which device was mounted here, so that nothing else is ever unmounted. */
  void mounted() {
    device = deviceHere();
  }

  /**
   * Lets the Linux kernel read ahead so far, in several requests: when both sides agree on the
   * protocol it only ever lowers what it starts with. Only root can, and it is not essential.
   */
  void setReadAhead(int bytes) {
    if (device == null || LibC.effectiveUser() != 0) {
      return;
    }
    try {
      Files.writeString(
          Path.of("/sys/class/bdi", device, "read_ahead_kb"), Integer.toString(bytes / 1024));
    } catch (IOException e) {
      LOG.log(System.Logger.Level.DEBUG, "readahead stays at the kernel''s default: {0}", e);
    }
  }

  /** Unmounts; with open files, detaches. Does nothing if this mount is not there any more. */
  void unmount() throws IOException {
    if (device == null || !device.equals(deviceHere())) {
      return;
    }
    if (LibC.effectiveUser() == 0) {
      unmountAsRoot();
    } else if (fusermount("-u") != 0 && fusermount("-u", "-z") != 0) {
      throw new IOException("fusermount could not unmount " + path);
    }
  }

  private void unmountAsRoot() throws IOException {
    int result = LibC.umount2(path(), LibC.UMOUNT_NOFOLLOW);
    if (result == -Errno.EBUSY) {
      result = LibC.umount2(path(), LibC.UMOUNT_NOFOLLOW | LibC.MNT_DETACH);
    }
    if (result < 0 && device != null && device.equals(deviceHere())) {
      throw new IOException("cannot unmount " + path + ": errno " + -result);
    }
  }

  private int fusermount(String... options) throws IOException {
    for (String program : List.of("fusermount", "fusermount3")) {
      List<String> command = new ArrayList<>(List.of(program));
      command.addAll(List.of(options));
      command.addAll(List.of("-q", "--", path()));
      try {
        ProcessBuilder builder =
            new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD);
        // The keys may be in the environment, and are no business of its.
        builder.environment().keySet().retainAll(Set.of("PATH"));
        return builder.start().waitFor();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException("interrupted while unmounting " + path, e);
      } catch (IOException e) {
        LOG.log(System.Logger.Level.DEBUG, "cannot run {0}: {1}", program, e);
      }
    }
    throw new IOException("fusermount was not found; install fuse3 or fuse");
  }

  /** Returns the device number, as {@code major:minor}, of what is mounted on top here. */
  private @Nullable String deviceHere() {
    String found = null;
    try {
      for (String line : Files.readAllLines(MOUNTS, StandardCharsets.ISO_8859_1)) {
        String[] fields = line.split(" ", 6);
        if (fields.length == 6 && unescape(fields[4]).equals(path())) {
          found = fields[2];
        }
      }
    } catch (IOException e) {
      LOG.log(System.Logger.Level.WARNING, "cannot read " + MOUNTS, e);
    }
    return found;
  }

  /** Undoes the octal escapes of mountinfo. */
  private static String unescape(String field) {
    byte[] bytes = field.getBytes(StandardCharsets.ISO_8859_1);
    byte[] plain = new byte[bytes.length];
    int length = 0;
    for (int i = 0; i < bytes.length; i++) {
      if (bytes[i] == '\\' && i + 3 < bytes.length) {
        plain[length++] = (byte) Integer.parseInt(field.substring(i + 1, i + 4), 8);
        i += 3;
      } else {
        plain[length++] = bytes[i];
      }
    }
    return new String(plain, 0, length, StandardCharsets.UTF_8);
  }
}
