// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.integrity;

/** How far what is read is compared with the checksums the store keeps. */
public enum Integrity {
  /** Every object that is loaded completely, which takes a request more for each. */
  STRICT,
  /** What comes with the checksum of just those bytes. */
  STORE,
  /** Nothing. */
  OFF
}
