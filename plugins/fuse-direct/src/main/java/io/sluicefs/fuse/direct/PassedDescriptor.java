// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.fuse.direct;

import io.sluicefs.spi.fuse.MountOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * A descriptor of /dev/fuse that whoever started this process has opened and mounted, as container
 * storage drivers do: named {@code /dev/fd/N}. Mounting, and unmounting, are theirs.
 */
final class PassedDescriptor implements MountedDevice {
  static final Path FOLDER = Path.of("/dev/fd");

  private static final System.Logger LOG = System.getLogger(PassedDescriptor.class.getName());

  /** Major 10, minor 229. Source: {@code linux/miscdevice.h}. */
  private static final long DEVICE_NUMBER = 10 << 8 | 229;

  private static final String CONNECTION = "fuse_connection:";

  private final int descriptor;

  private PassedDescriptor(int descriptor) {
    this.descriptor = descriptor;
  }

  static PassedDescriptor check(Path path) throws IOException {
    String number = String.valueOf(path.getFileName());
    if (path.getNameCount() != FOLDER.getNameCount() + 1 || !number.matches("[0-9]{1,9}")) {
      throw new IOException("mountpoint " + path + " names no descriptor; expected /dev/fd/N");
    }
    Path link = Path.of("/proc/self/fd", number);
    if (!Files.isSymbolicLink(link)) {
      throw new IOException("mountpoint " + path + " is not open; pass the mounted descriptor");
    }
    // Not by its name: whoever opened it may have the device elsewhere.
    if (!Long.valueOf(DEVICE_NUMBER).equals(Files.getAttribute(link, "unix:rdev"))) {
      throw new IOException("mountpoint " + path + " is no descriptor of " + Mountpoint.DEVICE);
    }
    return new PassedDescriptor(Integer.parseInt(number));
  }

  /** Returns the device; from here on the descriptor is the session's, which ends by closing it. */
  @Override
  public Device mount(MountOptions options) {
    return new Device(descriptor);
  }

  @Override
  public void setReadAhead(int bytes) {
    ReadAhead.set(device(), bytes);
  }

  /** Returns the mount's device, which Linux says of a descriptor since 6.16; else null. */
  private @Nullable String device() {
    Path info = Path.of("/proc/self/fdinfo", Integer.toString(descriptor));
    try {
      for (String line : Files.readAllLines(info)) {
        if (line.startsWith(CONNECTION)) {
          return "0:" + line.substring(CONNECTION.length()).strip();
        }
      }
    } catch (IOException e) {
      LOG.log(System.Logger.Level.DEBUG, "cannot read " + info, e);
    }
    return null;
  }

  @Override
  public boolean unmount() {
    return false;
  }
}
