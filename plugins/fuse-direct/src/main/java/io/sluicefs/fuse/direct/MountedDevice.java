// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.fuse.direct;

import io.sluicefs.spi.fuse.MountOptions;
import java.io.IOException;
import java.nio.file.Path;

/** Where the device of a session comes from: a mount of its own, or a descriptor of somebody's. */
interface MountedDevice {
  /**
   * Returns what a mount's options name.
   *
   * @throws IOException if it cannot be had; the message says what to do
   */
  static MountedDevice of(MountOptions options) throws IOException {
    Path path = options.mountpoint();
    return path.startsWith(PassedDescriptor.FOLDER)
        ? PassedDescriptor.check(path)
        : Mountpoint.check(options);
  }

  /** Mounts, and returns the device, open, for the caller to close. Called once. */
  Device mount(MountOptions options) throws IOException;

  /** Lets Linux read ahead so far, where permitted. */
  void setReadAhead(int bytes);

  /**
   * Unmounts; with open files, detaches. Does nothing if this mount is not there any more.
   *
   * @return false if unmounting is somebody else's, so that it takes more to end the session
   */
  boolean unmount() throws IOException;
}
