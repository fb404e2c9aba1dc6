// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.staging;

import java.nio.file.Path;

/**
 * Where bytes are staged and how many.
 *
 * @param path the folder, absolute
 * @param maxSize most bytes on disk, what dead daemons left included
 * @param freeSpaceFloor bytes of the disk that are left to others
 */
public record StagingOptions(Path path, long maxSize, long freeSpaceFloor) {
  public StagingOptions {
    if (!path.isAbsolute()) {
      throw new IllegalArgumentException(path + ": not absolute");
    }
    if (maxSize < 0 || freeSpaceFloor < 0) {
      throw new IllegalArgumentException("negative limits of " + path);
    }
    path = path.normalize();
  }
}
