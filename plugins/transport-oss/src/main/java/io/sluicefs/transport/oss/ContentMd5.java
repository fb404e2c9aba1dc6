// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.transport.oss;

import io.sluicefs.spi.transport.UploadBody;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;

/**
 * The header by which OSS refuses a body that came otherwise than it was sent, before it is stored.
 * Source: PutObject and DeleteMultipleObjects of the OSS API reference.
 */
final class ContentMd5 {
  static final String NAME = "Content-MD5";

  /** No segment of a body need fit into a buffer. */
  private static final long LARGEST_BUFFER = 1 << 30;

  private ContentMd5() {}

  static String of(byte[] document) {
    return encoded(digest(), document);
  }

  static String of(UploadBody body) {
    MessageDigest digest = digest();
    for (MemorySegment segment : body.segments()) {
      for (long at = 0; at < segment.byteSize(); at += LARGEST_BUFFER) {
        long length = Math.min(LARGEST_BUFFER, segment.byteSize() - at);
        ByteBuffer bytes = segment.asSlice(at, length).asByteBuffer();
        digest.update(bytes);
      }
    }
    return encoded(digest, new byte[0]);
  }

  private static String encoded(MessageDigest digest, byte[] last) {
    return Base64.getEncoder().encodeToString(digest.digest(last));
  }

  @SuppressWarnings("InsecureCryptography") // OSS asks for it; it guards against broken lines
  private static MessageDigest digest() {
    try {
      return MessageDigest.getInstance("MD5");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
