// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.fuse.direct;

import io.sluicefs.spi.fuse.MountOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A descriptor of /dev/fuse that whoever started this process has opened and mounted, as container
 * storage drivers do: named {@code /dev/fd/N}. Mounting, and unmounting, are theirs.
 */
final class PassedDescriptor implements MountedDevice {
  static final Path FOLDER = Path.of("/dev/fd");

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
    if (!Files.readSymbolicLink(link).toString().equals(DirectFuseChannel.DEVICE.toString())) {
      throw new IOException(
          "mountpoint " + path + " is no descriptor of " + DirectFuseChannel.DEVICE);
    }
    return new PassedDescriptor(Integer.parseInt(number));
  }

  /** Returns the device; from here on the descriptor is the session's, which ends by closing it. */
  @Override
  public Device mount(MountOptions options) {
    return new Device(descriptor);
  }

  @Override
  public void setReadAhead(int bytes) {}

  @Override
  public boolean unmount() {
    return false;
  }
}
