// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.emulator.s3;

import io.sluicefs.emulator.store.Crc64;
import io.sluicefs.emulator.store.CrcAlgebra;
import io.sluicefs.emulator.store.Digests;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.zip.CRC32;
import java.util.zip.CRC32C;
import java.util.zip.Checksum;
import org.jspecify.annotations.Nullable;

/** The checksums a client may send with a body. */
enum S3Checksum {
  CRC32,
  CRC32C,
  CRC64NVME,
  SHA1,
  SHA256;

  /**
   * In {@link io.sluicefs.emulator.StoredObject#checksums()}: whether the value covers all bytes or
   * is one of parts.
   */
  static final String TYPE = "type";

  /** A checksum being computed. */
  interface Running {
    void update(ByteBuffer bytes);

    byte[] value();
  }

  /** As headers and the store spell it. */
  String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  String header() {
    return "x-amz-checksum-" + word();
  }

  /** As documents spell it. */
  String element() {
    return "Checksum" + name();
  }

  static Optional<S3Checksum> named(@Nullable String name) {
    return Arrays.stream(values()).filter(each -> each.name().equalsIgnoreCase(name)).findFirst();
  }

  Running start() {
    return switch (this) {
      case CRC32 -> crc(new CRC32(), Integer.BYTES);
      case CRC32C -> crc(new CRC32C(), Integer.BYTES);
      case CRC64NVME -> crc(new Crc64(Crc64.Variant.NVME), Long.BYTES);
      case SHA1 -> digest(Digests.sha1());
      case SHA256 -> digest(Digests.sha256());
    };
  }

  /** The arithmetic that makes a checksum of all bytes from those of parts; none for hashes. */
  Optional<CrcAlgebra> algebra() {
    return switch (this) {
      case CRC32 -> Optional.of(CrcAlgebra.CRC32);
      case CRC32C -> Optional.of(CrcAlgebra.CRC32C);
      case CRC64NVME -> Optional.of(Crc64.Variant.NVME.algebra());
      case SHA1, SHA256 -> Optional.empty();
    };
  }

  /** A CRC as the bytes that are sent. */
  byte[] bytes(long crc) {
    ByteBuffer bytes = ByteBuffer.allocate(Long.BYTES).putLong(crc);
    return this == CRC64NVME
        ? bytes.array()
        : Arrays.copyOfRange(bytes.array(), Integer.BYTES, Long.BYTES);
  }

  /** The fields that tell a client. */
  static Map<String, String> headers(Map<String, String> checksums) {
    Map<String, String> headers = new HashMap<>();
    checksums.forEach((word, value) -> headers.put("x-amz-checksum-" + word, value));
    return headers;
  }

  static String base64(byte[] value) {
    return Base64.getEncoder().encodeToString(value);
  }

  private static Running crc(Checksum crc, int length) {
    return new Running() {
      @Override
      public void update(ByteBuffer bytes) {
        crc.update(bytes);
      }

      @Override
      public byte[] value() {
        byte[] all = ByteBuffer.allocate(Long.BYTES).putLong(crc.getValue()).array();
        return Arrays.copyOfRange(all, Long.BYTES - length, Long.BYTES);
      }
    };
  }

  private static Running digest(MessageDigest digest) {
    return new Running() {
      @Override
      public void update(ByteBuffer bytes) {
        digest.update(bytes);
      }

      @Override
      public byte[] value() {
        return digest.digest();
      }
    };
  }
}
