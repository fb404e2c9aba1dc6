// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cache.disk.lmdb;

import io.sluicefs.spi.ObjectId;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import org.jspecify.annotations.Nullable;

/**
 * What the index knows of a version of an object.
 *
 * @param location of its bucket
 * @param size in bytes
 * @param pinned whether its blocks stay whatever else needs room
 */
record ObjectRecord(String location, ObjectId id, long size, boolean pinned) {
  ObjectRecord withPinned(boolean wanted) {
    return new ObjectRecord(location, id, size, wanted);
  }

  /**
   * Returns the number of the object: the start of a digest of all that makes it this one. Should
   * two have the same, the second finds the record of the first and is not kept.
   */
  long number() {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      for (String part : new String[] {location, id.key(), id.etag()}) {
        byte[] bytes = part.getBytes(StandardCharsets.UTF_8);
        digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(bytes.length).array());
        digest.update(bytes);
      }
      return ByteBuffer.wrap(digest.digest()).getLong();
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  boolean isSameObject(ObjectRecord other) {
    return location.equals(other.location) && id.equals(other.id) && size == other.size;
  }

  byte[] value() {
    byte[] bucket = location.getBytes(StandardCharsets.UTF_8);
    byte[] key = id.key().getBytes(StandardCharsets.UTF_8);
    byte[] etag = id.etag().getBytes(StandardCharsets.UTF_8);
    ByteBuffer value =
        ByteBuffer.allocate(
            Long.BYTES + 1 + 4 * Integer.BYTES + bucket.length + key.length + etag.length);
    value.putLong(size).put((byte) (pinned ? 1 : 0));
    for (byte[] part : new byte[][] {bucket, key, etag}) {
      value.putInt(part.length).put(part);
    }
    return Records.seal(key(number()), value);
  }

  static byte[] key(long number) {
    return ByteBuffer.allocate(Long.BYTES).putLong(number).array();
  }

  /** Returns the object a record stands for; null if it is damaged. */
  static @Nullable ObjectRecord of(byte[] key, byte[] value) {
    ByteBuffer in = Records.open(key, value);
    if (in == null) {
      return null;
    }
    long size = in.getLong();
    boolean pinned = in.get() != 0;
    String location = text(in);
    String objectKey = text(in);
    return new ObjectRecord(location, new ObjectId(objectKey, text(in)), size, pinned);
  }

  private static String text(ByteBuffer in) {
    byte[] bytes = new byte[in.getInt()];
    in.get(bytes);
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
