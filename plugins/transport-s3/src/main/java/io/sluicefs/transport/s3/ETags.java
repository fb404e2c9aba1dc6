// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.transport.s3;

import io.sluicefs.spi.transport.MultipartUpload.Part;
import io.sluicefs.spi.transport.UploadBody;
import java.lang.foreign.MemorySegment;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;

/** Entity tags: quoted in HTTP and XML, bare everywhere else. */
@SuppressWarnings("InsecureCryptography") // what S3 names objects by; it protects nothing
final class ETags {
  private static final int MAX_BUFFER = 1 << 30;

  private ETags() {}

  static String unquoted(String etag) {
    return etag.length() >= 2 && etag.startsWith("\"") && etag.endsWith("\"")
        ? etag.substring(1, etag.length() - 1)
        : etag;
  }

  /** Returns the etag S3 gives an object of one put, unless it encrypts it with a key of KMS. */
  static String of(UploadBody body) {
    MessageDigest md5 = md5();
    for (MemorySegment segment : body.segments()) {
      for (long at = 0; at < segment.byteSize(); at += MAX_BUFFER) {
        long length = Math.min(MAX_BUFFER, segment.byteSize() - at);
        md5.update(segment.asSlice(at, length).asByteBuffer());
      }
    }
    return HexFormat.of().formatHex(md5.digest());
  }

  /** Returns the etag S3 gives an object of these parts; none where parts have no MD5. */
  static String of(List<Part> parts) {
    MessageDigest md5 = md5();
    try {
      for (Part part : parts) {
        md5.update(HexFormat.of().parseHex(part.etag()));
      }
    } catch (IllegalArgumentException e) {
      return "";
    }
    return HexFormat.of().formatHex(md5.digest()) + "-" + parts.size();
  }

  private static MessageDigest md5() {
    try {
      return MessageDigest.getInstance("MD5");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
