// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.emulator.s3;

import io.sluicefs.emulator.StoreException;
import io.sluicefs.emulator.http.Xml;
import io.sluicefs.emulator.store.Content;
import io.sluicefs.emulator.store.Crc64;
import io.sluicefs.emulator.store.CrcAlgebra;
import io.sluicefs.emulator.store.Digests;
import io.sluicefs.emulator.store.Upload;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
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

  /** The checksum of what is stored. */
  String of(Content content) throws IOException {
    Running running = start();
    ByteBuffer buffer = ByteBuffer.allocate(1 << 20);
    for (long at = 0; at < content.size(); at += buffer.limit()) {
      buffer.clear().limit((int) Math.min(buffer.capacity(), content.size() - at));
      content.read(at, buffer);
      running.update(buffer.flip());
    }
    return base64(running.value());
  }

  /** The arithmetic that makes a checksum of all bytes from those of parts; none for hashes. */
  private Optional<CrcAlgebra> algebra() {
    return switch (this) {
      case CRC32 -> Optional.of(CrcAlgebra.CRC32);
      case CRC32C -> Optional.of(CrcAlgebra.CRC32C);
      case CRC64NVME -> Optional.of(Crc64.Variant.NVME.algebra());
      case SHA1, SHA256 -> Optional.empty();
    };
  }

  /** The checksum of all bytes of the parts, each of which has one. */
  String ofWhole(List<Upload.Part> parts) {
    CrcAlgebra algebra =
        algebra()
            .orElseThrow(
                () ->
                    new StoreException(
                        400,
                        "InvalidRequest",
                        "The FULL_OBJECT checksum type cannot be used with " + name()));
    long crc = 0;
    for (Upload.Part part : parts) {
      long ofPart = new BigInteger(1, decoded(part)).longValue();
      crc = algebra.combine(crc, ofPart, part.content().size());
    }
    byte[] all = ByteBuffer.allocate(Long.BYTES).putLong(crc).array();
    return base64(this == CRC64NVME ? all : Arrays.copyOfRange(all, Integer.BYTES, Long.BYTES));
  }

  /** The checksum of the parts' checksums. */
  String ofParts(List<Upload.Part> parts) {
    Running running = start();
    parts.forEach(part -> running.update(ByteBuffer.wrap(decoded(part))));
    return base64(running.value()) + "-" + parts.size();
  }

  private byte[] decoded(Upload.Part part) {
    return Base64.getDecoder().decode(part.checksums().getOrDefault(word(), ""));
  }

  /** The elements that tell a client. */
  static void leaves(Xml xml, Map<String, String> checksums) {
    checksums.forEach(
        (word, value) ->
            xml.leaf(
                word.equals(TYPE) ? "ChecksumType" : "Checksum" + word.toUpperCase(Locale.ROOT),
                value));
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
