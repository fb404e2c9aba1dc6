// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.spi;

import java.util.Locale;

/**
 * A place in the kernel that a plugin fills. The lower-case name is the section of the
 * configuration.
 */
public enum Axis {
  /** Talks to an object store. Exactly one in a mount. */
  TRANSPORT,
  /** Keeps blocks of objects. One or more, stacked. */
  CACHE,
  /** Plans what to read ahead. Exactly one in a mount. */
  PREFETCH,
  /** Talks to the Linux kernel. Exactly one in a mount. */
  FUSE;

  /** Returns the name of the axis in the configuration and in folder names. */
  public String section() {
    return name().toLowerCase(Locale.ROOT);
  }
}
