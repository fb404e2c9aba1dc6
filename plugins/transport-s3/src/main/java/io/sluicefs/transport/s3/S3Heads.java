// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.transport.s3;

import io.sluicefs.spi.ObjectId;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import io.sluicefs.spi.transport.ObjectStat;
import java.time.Instant;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.ChecksumMode;
import software.amazon.awssdk.services.s3.model.HeadObjectRequest;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;

/** The requests that ask what is said of an object. */
final class S3Heads {
  /** S3 names the class of every object but those of this one. */
  private static final String USUAL_CLASS = "STANDARD";

  private final S3Bucket bucket;
  private final S3Client client;
  private final ControlRequests control;

  /**
   * What a request makes whose answer was lost.
   *
   * @param metadata with what a link is marked by
   * @param etag what S3 names it where etags are of MD5
   * @param checksum of all its bytes, as headers have it; null if it is not known
   */
  record Expected(long size, Map<String, String> metadata, String etag, @Nullable String checksum) {
    private boolean isMet(HeadObjectResponse answer, UploadChecksum algorithm) {
      return Objects.equals(answer.contentLength(), size)
          && metadata.equals(lowerCase(answer.metadata()))
          && hasBytes(answer, algorithm);
    }

    private boolean hasBytes(HeadObjectResponse answer, UploadChecksum algorithm) {
      String stored = told(answer, algorithm);
      if (checksum != null && stored != null) {
        return checksum.equals(stored);
      }
      return answer.eTag() != null && etag.equals(ETags.unquoted(answer.eTag()));
    }
  }

  S3Heads(S3Bucket bucket, S3Client client, ControlRequests control) {
    this.bucket = bucket;
    this.client = client;
    this.control = control;
  }

  ObjectStat head(String key) throws StorageException {
    String what = bucket.describe("head", key);
    return stat(what, key, ask(what, key, null));
  }

  /**
   * Returns the target of a symbolic link.
   *
   * @throws StorageException {@link Kind#INVALID_REQUEST} if it is no link
   */
  String readSymlink(String key) throws StorageException {
    String what = bucket.describe("read of the symbolic link", key);
    return S3Symlinks.target(what, lowerCase(ask(what, key, null).metadata()));
  }

  /** Returns the object a key has if it is the one a request was to make, else null. */
  @Nullable ObjectStat find(String key, Expected expected, UploadChecksum algorithm)
      throws StorageException {
    String what = bucket.describe("head", key);
    HeadObjectResponse answer;
    try {
      answer = ask(what, key, ChecksumMode.ENABLED);
    } catch (StorageException e) {
      if (e.kind() == Kind.NOT_FOUND) {
        return null;
      }
      throw e;
    }
    return expected.isMet(answer, algorithm) ? stat(what, key, answer) : null;
  }

  /** Returns the object a key has if it holds the bytes of another, else null. */
  @Nullable ObjectStat findCopy(String key, String source) throws StorageException {
    String what = bucket.describe("head", key);
    HeadObjectResponse copy = ask(what, key, ChecksumMode.ENABLED);
    HeadObjectResponse original =
        ask(bucket.describe("head", source), source, ChecksumMode.ENABLED);
    boolean same =
        Objects.equals(copy.contentLength(), original.contentLength())
            && Stream.<Function<HeadObjectResponse, @Nullable String>>of(
                    HeadObjectResponse::eTag,
                    answer -> told(answer, UploadChecksum.CRC32C),
                    answer -> told(answer, UploadChecksum.CRC64NVME))
                .anyMatch(
                    sign ->
                        sign.apply(copy) != null
                            && Objects.equals(sign.apply(copy), sign.apply(original)));
    return same ? stat(what, key, copy) : null;
  }

  private HeadObjectResponse ask(String what, String key, @Nullable ChecksumMode mode)
      throws StorageException {
    S3Transport.requireKey(what, key);
    HeadObjectRequest request =
        HeadObjectRequest.builder().bucket(bucket.name()).key(key).checksumMode(mode).build();
    return control.run(what, false, () -> client.headObject(request));
  }

  private static ObjectStat stat(String what, String key, HeadObjectResponse answer)
      throws StorageException {
    String etag = answer.eTag() == null ? "" : ETags.unquoted(answer.eTag());
    Long size = answer.contentLength();
    Instant lastModified = answer.lastModified();
    if (etag.isEmpty() || size == null || size < 0 || lastModified == null) {
      throw new StorageException(
          Kind.CORRUPT, what + ": the answer has no etag, length or time; is this an S3 endpoint?");
    }
    Map<String, String> metadata = lowerCase(answer.metadata());
    return new ObjectStat(
        new ObjectId(key, etag),
        size,
        lastModified,
        S3Symlinks.type(size, metadata),
        S3Symlinks.withoutMark(metadata),
        Objects.requireNonNullElse(answer.storageClassAsString(), USUAL_CLASS));
  }

  private static Map<String, String> lowerCase(Map<String, String> metadata) {
    Map<String, String> names = new HashMap<>();
    metadata.forEach((name, value) -> names.put(name.toLowerCase(Locale.ROOT), value));
    return names;
  }

  /** Returns the checksum of all bytes an answer tells; null if it tells none or one of parts. */
  private static @Nullable String told(HeadObjectResponse answer, UploadChecksum algorithm) {
    return UploadChecksum.ofWhole(
        switch (algorithm) {
          case CRC32C -> answer.checksumCRC32C();
          case CRC64NVME -> answer.checksumCRC64NVME();
          case NONE -> null;
        });
  }
}
