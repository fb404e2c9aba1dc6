// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.transport.s3;

import io.sluicefs.http.Answer;
import io.sluicefs.spi.ObjectId;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import io.sluicefs.spi.transport.ObjectStat;
import io.sluicefs.spi.transport.StoredChecksum;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The requests that ask what is said of an object. */
final class S3Heads {
  /** S3 names the class of every object but those of this one. */
  private static final String USUAL_CLASS = "STANDARD";

  private static final String METADATA = "x-amz-meta-";
  private static final Map<String, String> WITH_CHECKSUM = Map.of("x-amz-checksum-mode", "ENABLED");

  private final S3Bucket bucket;
  private final S3Queries queries;

  /**
   * What a request makes whose answer was lost.
   *
   * @param metadata with what a link is marked by
   * @param etag what S3 names it where etags are of MD5
   * @param checksum of all its bytes, as headers have it; null if it is not known
   */
  record Expected(long size, Map<String, String> metadata, String etag, @Nullable String checksum) {
    private boolean isMet(Answer answer, UploadChecksum algorithm) {
      return Long.toString(size).equals(answer.header("content-length"))
          && metadata.equals(metadataOf(answer))
          && hasBytes(answer, algorithm);
    }

    private boolean hasBytes(Answer answer, UploadChecksum algorithm) {
      String stored = told(answer, algorithm);
      if (checksum != null && stored != null) {
        return checksum.equals(stored);
      }
      return etag.equals(etagOf(answer));
    }
  }

  S3Heads(S3Bucket bucket, S3Queries queries) {
    this.bucket = bucket;
    this.queries = queries;
  }

  ObjectStat head(String key) throws StorageException {
    String what = bucket.describe("head", key);
    return stat(what, key, ask(what, key, Map.of()));
  }

  /**
   * Returns the target of a symbolic link.
   *
   * @throws StorageException {@link Kind#INVALID_REQUEST} if it is no link
   */
  String readSymlink(String key) throws StorageException {
    String what = bucket.describe("read of the symbolic link", key);
    return S3Symlinks.target(what, metadataOf(ask(what, key, Map.of())));
  }

  /**
   * Returns what S3 keeps of a version's bytes; null if nothing that ranges can be put together to,
   * or it is another version by now.
   */
  @Nullable StoredChecksum checksum(ObjectId id) throws StorageException {
    String what = bucket.describe("head", id.key());
    Answer answer = ask(what, id.key(), WITH_CHECKSUM);
    ObjectStat stat = stat(what, id.key(), answer);
    return stat.id().equals(id) ? WholeChecksums.of(answer, stat.size()) : null;
  }

  /** Returns the object a key has if it is the one a request was to make, else null. */
  @Nullable ObjectStat find(String key, Expected expected, UploadChecksum algorithm)
      throws StorageException {
    String what = bucket.describe("head", key);
    Answer answer;
    try {
      answer = ask(what, key, WITH_CHECKSUM);
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
    Answer copy = ask(what, key, WITH_CHECKSUM);
    Answer original = ask(bucket.describe("head", source), source, WITH_CHECKSUM);
    boolean same =
        Objects.equals(copy.header("content-length"), original.header("content-length"))
            && (tellSameEtag(copy, original)
                || tellSame(copy, original, UploadChecksum.CRC32C)
                || tellSame(copy, original, UploadChecksum.CRC64NVME));
    return same ? stat(what, key, copy) : null;
  }

  private static boolean tellSameEtag(Answer one, Answer other) {
    return !etagOf(one).isEmpty() && etagOf(one).equals(etagOf(other));
  }

  private static boolean tellSame(Answer one, Answer other, UploadChecksum algorithm) {
    String told = told(one, algorithm);
    return told != null && told.equals(told(other, algorithm));
  }

  private Answer ask(String what, String key, Map<String, String> headers) throws StorageException {
    return queries.head(what, key, headers);
  }

  private static ObjectStat stat(String what, String key, Answer answer) throws StorageException {
    String etag = etagOf(answer);
    String length = answer.header("content-length");
    String lastModified = answer.header("last-modified");
    try {
      if (!etag.isEmpty() && length != null && lastModified != null) {
        long size = Long.parseUnsignedLong(length);
        Map<String, String> metadata = metadataOf(answer);
        return new ObjectStat(
            new ObjectId(key, etag),
            size,
            time(lastModified),
            S3Symlinks.type(size, metadata),
            S3Symlinks.withoutMark(metadata),
            Objects.requireNonNullElse(answer.header("x-amz-storage-class"), USUAL_CLASS),
            Objects.requireNonNullElse(answer.header("content-type"), ""));
      }
    } catch (NumberFormatException | DateTimeException e) {
      throw noHead(what, e);
    }
    throw noHead(what, null);
  }

  private static StorageException noHead(String what, @Nullable Exception cause) {
    return new StorageException(
        Kind.CORRUPT,
        what + ": the answer has no etag, length or time; is this an S3 endpoint?",
        cause);
  }

  private static Instant time(String text) {
    return ZonedDateTime.parse(text, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant();
  }

  private static String etagOf(Answer answer) {
    return ETags.unquoted(Objects.requireNonNullElse(answer.header("etag"), ""));
  }

  private static Map<String, String> metadataOf(Answer answer) {
    Map<String, String> metadata = new HashMap<>();
    answer
        .headers()
        .forEach(
            (name, value) -> {
              if (name.startsWith(METADATA)) {
                metadata.put(name.substring(METADATA.length()), value);
              }
            });
    return metadata;
  }

  /** Returns the checksum of all bytes an answer tells; null if it tells none or one of parts. */
  private static @Nullable String told(Answer answer, UploadChecksum algorithm) {
    return algorithm == UploadChecksum.NONE
        ? null
        : UploadChecksum.ofWhole(answer.header(algorithm.header()));
  }
}
