// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.namespace;

import io.sluicefs.spi.transport.ObjectStat;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * Size, time and etag of one version of an object, small: the usual etag, 32 hexadecimal digits and
 * perhaps a number of parts, takes 20 bytes instead of 72.
 */
public final class ObjectVersion {
  private static final int DIGITS = 32;
  private static final int TEXT = -1;
  private static final HexFormat LOWER = HexFormat.of();
  private static final HexFormat UPPER = HexFormat.of().withUpperCase();

  private final long size;
  private final long modifiedMillis;
  private final long high;
  private final long low;

  /** Number of parts after the digits, 0 for none; -1 when the etag is kept as text. */
  private final int parts;

  private final boolean upperCase;
  private final @Nullable String text;

  private ObjectVersion(
      long size,
      long modifiedMillis,
      long high,
      long low,
      int parts,
      boolean upperCase,
      @Nullable String text) {
    this.size = size;
    this.modifiedMillis = modifiedMillis;
    this.high = high;
    this.low = low;
    this.parts = parts;
    this.upperCase = upperCase;
    this.text = text;
  }

  /** Returns what a file has that the store does not have yet. */
  static ObjectVersion unstored(long modifiedMillis) {
    return new ObjectVersion(0, modifiedMillis, 0, 0, TEXT, false, "");
  }

  /** Returns whether the store has it. */
  boolean isStored() {
    return !"".equals(text);
  }

  static ObjectVersion of(ObjectStat stat) {
    return of(stat.size(), stat.lastModified().toEpochMilli(), stat.id().etag());
  }

  static ObjectVersion of(long size, long modifiedMillis, String etag) {
    if (etag.length() >= DIGITS && etag.length() <= DIGITS + 8) {
      boolean upper = hasUpperCase(etag);
      try {
        long high = HexFormat.fromHexDigitsToLong(etag, 0, DIGITS / 2);
        long low = HexFormat.fromHexDigitsToLong(etag, DIGITS / 2, DIGITS);
        int parts =
            etag.length() == DIGITS ? 0 : Integer.parseInt(etag, DIGITS + 1, etag.length(), 10);
        ObjectVersion packed =
            new ObjectVersion(size, modifiedMillis, high, low, parts, upper, null);
        if (packed.etag().equals(etag)) {
          return packed;
        }
      } catch (IllegalArgumentException e) {
        return new ObjectVersion(size, modifiedMillis, 0, 0, TEXT, false, etag);
      }
    }
    return new ObjectVersion(size, modifiedMillis, 0, 0, TEXT, false, etag);
  }

  private static boolean hasUpperCase(String etag) {
    for (int i = 0; i < DIGITS; i++) {
      if (etag.charAt(i) >= 'A') {
        return etag.charAt(i) <= 'F';
      }
    }
    return false;
  }

  long size() {
    return size;
  }

  long modifiedMillis() {
    return modifiedMillis;
  }

  String etag() {
    if (text != null) {
      return text;
    }
    HexFormat hex = upperCase ? UPPER : LOWER;
    String digits = hex.toHexDigits(high) + hex.toHexDigits(low);
    return parts == 0 ? digits : digits + "-" + parts;
  }

  /** Returns whether the bytes are the same: etag and size, whatever the time says. */
  boolean hasBytesOf(ObjectVersion other) {
    return size == other.size
        && high == other.high
        && low == other.low
        && parts == other.parts
        && upperCase == other.upperCase
        && (text == null ? other.text == null : text.equals(other.text));
  }

  void write(DataOutput to) throws IOException {
    to.writeLong(size);
    to.writeLong(modifiedMillis);
    to.writeUTF(etag());
  }

  /** Reads what {@link #write} wrote. */
  static ObjectVersion read(DataInput from) throws IOException {
    return of(from.readLong(), from.readLong(), from.readUTF());
  }

  void pack(PackedBytes to) {
    to.putVarint(size);
    to.putVarint(modifiedMillis);
    if (text != null) {
      to.putVarint(0);
      to.putText(text);
    } else {
      to.putVarint(((long) parts << 1 | (upperCase ? 1 : 0)) + 1);
      to.putLong(high);
      to.putLong(low);
    }
  }

  static ObjectVersion unpack(PackedBytes.Cursor from) {
    long size = from.varint();
    long modifiedMillis = from.varint();
    long form = from.varint();
    if (form == 0) {
      return new ObjectVersion(size, modifiedMillis, 0, 0, TEXT, false, from.text());
    }
    int parts = (int) ((form - 1) >>> 1);
    boolean upper = ((form - 1) & 1) != 0;
    return new ObjectVersion(
        size, modifiedMillis, from.getLong(), from.getLong(), parts, upper, null);
  }
}
