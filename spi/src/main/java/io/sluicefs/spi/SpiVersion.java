// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.spi;

/**
 * A version of these contracts. A plugin loads when its major version is the kernel's and its minor
 * version is not newer.
 *
 * @param major raised by a change that breaks plugins
 * @param minor raised by an addition
 */
public record SpiVersion(int major, int minor) {
  /** Major version of the SPI on the compile path; the compiler copies it into the plugin. */
  public static final int MAJOR = 1;

  /** Minor version of the SPI on the compile path; the compiler copies it into the plugin. */
  public static final int MINOR = 4;

  /** Returns whether a kernel of this version can load a plugin built against {@code plugin}. */
  public boolean accepts(SpiVersion plugin) {
    return plugin.major == major && plugin.minor <= minor;
  }

  @Override
  public String toString() {
    return major + "." + minor;
  }
}
