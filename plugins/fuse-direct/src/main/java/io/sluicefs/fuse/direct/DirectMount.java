// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.fuse.direct;

import io.sluicefs.spi.fuse.Errno;
import io.sluicefs.spi.fuse.MountOptions;
import java.io.IOException;

/** Mounting by mount(2), which only root may. */
final class DirectMount {
  private static final String TYPE = "fuse.sluice";

  private DirectMount() {}

  /**
   * Mounts.
   *
   * @return the descriptor of the device, the caller's to close
   */
  static int mount(String mountpoint, MountOptions options) throws IOException {
    String device = Mountpoint.DEVICE.toString();
    int descriptor = LibC.open(device);
    if (descriptor < 0) {
      throw new IOException("cannot open " + device + ": " + LibC.message(-descriptor));
    }
    long flags = LibC.MS_NOSUID | LibC.MS_NODEV | (options.readOnly() ? LibC.MS_RDONLY : 0);
    int result = LibC.mount(options.source(), mountpoint, TYPE, flags, data(descriptor, options));
    if (result < 0) {
      LibC.close(descriptor);
      throw new IOException(
          "cannot mount at "
              + mountpoint
              + ": "
              + LibC.message(-result)
              + (result == -Errno.EPERM
                  ? "; start the container with: --cap-add SYS_ADMIN"
                  : result == -Errno.ENODEV ? "; load the kernel module with: modprobe fuse" : ""));
    }
    return descriptor;
  }

  private static String data(int descriptor, MountOptions options) {
    return "fd="
        + descriptor
        + ",rootmode=40000,user_id="
        + LibC.effectiveUser()
        + ",group_id="
        + LibC.effectiveGroup()
        + (options.allowOther() ? ",allow_other,default_permissions" : "");
  }
}
