// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.spi.testkit.fuse;

/** What a FUSE channel may lack, because what it is built on does. */
public enum Capability {
  /** Names and attributes are cached as long as each entry says, not as the mount says. */
  TIMES_OF_EACH_ENTRY,
  /** Reads and writes of 1 MiB are one request. */
  REQUESTS_OF_ONE_MEBIBYTE,
  /** A listing brings the attributes of what it lists. */
  LISTINGS_WITH_ATTRIBUTES,
  /** A rename comes with its flags. */
  RENAME_FLAGS,
  /** copy_file_range(2) and the finding of holes reach the file system. */
  COPIES_AND_HOLES,
  /** Linux can be told that something changed. */
  NOTIFICATIONS,
  /** What needs no waiting is answered, however many requests wait. */
  PASSING_OF_WAITING_REQUESTS
}
