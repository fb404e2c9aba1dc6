// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.namespace;

import org.jspecify.annotations.Nullable;

/**
 * Attributes somebody set through the mount, which live as long as the inode is known; null where
 * nothing was set.
 *
 * @param permissions bits of the mode
 * @param uid owner
 * @param gid group
 * @param modifiedMillis time of last modification
 */
record SetAttributes(
    @Nullable Integer permissions,
    @Nullable Integer uid,
    @Nullable Integer gid,
    @Nullable Long modifiedMillis) {
  /** Nothing was set. */
  static final SetAttributes NONE = new SetAttributes(null, null, null, null);

  /** Returns these, with those of {@code newer} that are set. */
  SetAttributes with(SetAttributes newer) {
    return new SetAttributes(
        newer.permissions == null ? permissions : newer.permissions,
        newer.uid == null ? uid : newer.uid,
        newer.gid == null ? gid : newer.gid,
        newer.modifiedMillis == null ? modifiedMillis : newer.modifiedMillis);
  }

  /** Returns these without the time, which a write has made wrong. */
  SetAttributes withoutTime() {
    return new SetAttributes(permissions, uid, gid, null);
  }
}
