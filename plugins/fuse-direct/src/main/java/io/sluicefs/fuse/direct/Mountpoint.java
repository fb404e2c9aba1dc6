// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.fuse.direct;

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
import org.jspecify.annotations.Nullable;

/** The directory a file system is mounted on, and what is mounted there. */
final class Mountpoint implements MountedDevice {
  static final Path DEVICE = Path.of("/dev/fuse");

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
    checkDevice();
    Path path = options.mountpoint();
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
            "mountpoint " + path + " holds a dead mount; remove it with: fusermount3 -u " + path,
            e);
      }
      throw new IOException("mountpoint " + path + ": " + e.getReason(), e);
    }
    if (options.allowOther() && LibC.effectiveUser() != 0 && !othersMayBeAllowed()) {
      throw new IOException(
          "only root may let other users in; add user_allow_other to " + FUSE_CONF);
    }
    if (LibC.effectiveUser() != 0) {
      FuserMount.find();
    }
    return new Mountpoint(real);
  }

  /** Returns the mountpoint of a mount that another process has made. */
  static Mountpoint mounted(MountOptions options) throws IOException {
    Mountpoint mountpoint = new Mountpoint(options.mountpoint());
    mountpoint.device = mountpoint.deviceHere();
    if (mountpoint.device == null) {
      throw new IOException(options.mountpoint() + " is not mounted any more");
    }
    return mountpoint;
  }

  private static void checkDevice() throws IOException {
    if (!Files.exists(DEVICE)) {
      throw new IOException(
          DEVICE
              + " does not exist; load the kernel module with: modprobe fuse,"
              + " or start the container with: --device "
              + DEVICE);
    }
    if (!Files.isReadable(DEVICE) || !Files.isWritable(DEVICE)) {
      throw new IOException(
          "this user may not open "
              + DEVICE
              + "; mount as root, or let everybody open it with: chmod 666 "
              + DEVICE);
    }
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

  @Override
  public Device mount(MountOptions options) throws IOException {
    Device mounted =
        LibC.effectiveUser() == 0
            ? new Device(DirectMount.mount(path.toString(), options))
            : new Device(FuserMount.mount(path.toString(), options));
    // What is mounted here is remembered, so that nothing else is ever unmounted.
    device = deviceHere();
    return mounted;
  }

  @Override
  public void setReadAhead(int bytes) {
    ReadAhead.set(device, bytes);
  }

  @Override
  public boolean unmount() throws IOException {
    if (device == null || !device.equals(deviceHere())) {
      return true;
    }
    if (LibC.effectiveUser() == 0) {
      unmountAsRoot();
    } else {
      FuserMount.unmount(path.toString());
    }
    return true;
  }

  private void unmountAsRoot() throws IOException {
    int result = LibC.umount2(path.toString(), LibC.UMOUNT_NOFOLLOW);
    if (result == -Errno.EBUSY) {
      result = LibC.umount2(path.toString(), LibC.UMOUNT_NOFOLLOW | LibC.UMOUNT_DETACH);
    }
    if (result < 0 && device != null && device.equals(deviceHere())) {
      throw new IOException("cannot unmount " + path + ": " + LibC.message(-result));
    }
  }

  /** Returns the device number, as {@code major:minor}, of what is mounted on top here. */
  private @Nullable String deviceHere() {
    String found = null;
    try {
      for (String line : Files.readAllLines(MOUNTS, StandardCharsets.ISO_8859_1)) {
        String[] fields = line.split(" ", 6);
        if (fields.length == 6 && unescape(fields[4]).equals(path.toString())) {
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
