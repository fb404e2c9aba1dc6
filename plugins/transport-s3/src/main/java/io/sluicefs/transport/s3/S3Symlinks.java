// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.transport.s3;

import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import io.sluicefs.spi.transport.ObjectStat;
import io.sluicefs.spi.transport.PutOptions;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.utils.http.SdkHttpUtils;

/**
 * Symbolic links, which S3 does not have: a link is an object without bytes whose target is in its
 * user metadata, the UTF-8 percent-encoded.
 */
final class S3Symlinks {
  /** The name of the target in the user metadata of a link. */
  static final String MARK = "sluice-symlink";

  /**
   * Bytes of all user metadata, names and values; see "Working with object metadata" in the user
   * guide of Amazon S3.
   */
  static final int MAX_METADATA = 2048;

  private S3Symlinks() {}

  /** Returns the options of the object that is a link. */
  static PutOptions options(String what, String target, PutOptions options)
      throws StorageException {
    if (target.isEmpty()) {
      throw new StorageException(
          Kind.INVALID_REQUEST, what + ": a symbolic link has to point somewhere");
    }
    Map<String, String> metadata = new HashMap<>(options.metadata());
    metadata.put(MARK, SdkHttpUtils.urlEncodeIgnoreSlashes(target));
    int bytes =
        metadata.entrySet().stream()
            .mapToInt(entry -> entry.getKey().length() + entry.getValue().length())
            .sum();
    if (bytes > MAX_METADATA) {
      throw new StorageException(
          Kind.INVALID_REQUEST,
          "%s: its target takes %d bytes, percent-encoded, and S3 keeps at most %d of metadata"
              .formatted(what, bytes - MARK.length(), MAX_METADATA));
    }
    return new PutOptions(
        options.createOnly(), options.contentType(), metadata, options.repeated());
  }

  /** Returns what an object is. */
  static ObjectStat.Type type(long size, Map<String, String> metadata) {
    return size == 0 && metadata.containsKey(MARK) ? ObjectStat.Type.SYMLINK : ObjectStat.Type.DATA;
  }

  /** Returns metadata as it was given to the link. */
  static Map<String, String> withoutMark(Map<String, String> metadata) {
    Map<String, String> given = new HashMap<>(metadata);
    given.remove(MARK);
    return given;
  }

  /** Returns the target of a link of such metadata. */
  static String target(String what, Map<String, String> metadata) throws StorageException {
    @Nullable String encoded = metadata.get(MARK);
    if (encoded == null) {
      throw new StorageException(Kind.INVALID_REQUEST, what + ": the object is no symbolic link");
    }
    try {
      return URLDecoder.decode(encoded.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      throw new StorageException(
          Kind.CORRUPT, what + ": its metadata " + MARK + " is not percent-encoded", e);
    }
  }
}
