// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.namespace;

import java.math.BigDecimal;
import java.util.Map;
import java.util.TreeMap;
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
  // The names and forms of s3fs, which others read too: all decimal, the time in seconds.
  private static final String MODE = "mode";
  private static final String UID = "uid";
  private static final String GID = "gid";
  private static final String MTIME = "mtime";
  private static final int PERMISSION_BITS = 07777;

  /** Nothing was set. */
  static final SetAttributes NONE = new SetAttributes(null, null, null, null);

  /** Returns what the metadata of an object says; null if nothing. */
  static @Nullable SetAttributes of(Map<String, String> metadata) {
    Long mode = number(metadata.get(MODE));
    Long uid = number(metadata.get(UID));
    Long gid = number(metadata.get(GID));
    Long millis = millis(metadata.get(MTIME));
    SetAttributes all =
        new SetAttributes(
            mode == null ? null : mode.intValue() & PERMISSION_BITS,
            uid == null ? null : uid.intValue(),
            gid == null ? null : gid.intValue(),
            millis);
    return all.equals(NONE) ? null : all;
  }

  private static @Nullable Long number(@Nullable String text) {
    return text != null && text.matches("\\d{1,10}") ? Long.valueOf(text) : null;
  }

  private static @Nullable Long millis(@Nullable String text) {
    return text != null && text.matches("\\d{1,10}(\\.\\d{1,9})?")
        ? new BigDecimal(text).movePointRight(3).longValue()
        : null;
  }

  /** Returns the metadata that says it of a regular file. */
  Map<String, String> metadata() {
    Map<String, String> metadata = new TreeMap<>();
    if (permissions != null) {
      metadata.put(MODE, Integer.toString(FileKind.FILE.typeBits() | permissions));
    }
    if (uid != null) {
      metadata.put(UID, Integer.toUnsignedString(uid));
    }
    if (gid != null) {
      metadata.put(GID, Integer.toUnsignedString(gid));
    }
    if (modifiedMillis != null) {
      metadata.put(
          MTIME, BigDecimal.valueOf(modifiedMillis, 3).stripTrailingZeros().toPlainString());
    }
    return metadata;
  }

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
