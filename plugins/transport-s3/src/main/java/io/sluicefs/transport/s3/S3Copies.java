// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.transport.s3;

import io.sluicefs.http.ErrorAnswer;
import io.sluicefs.http.RangeRequest;
import io.sluicefs.http.Receipt;
import io.sluicefs.spi.ByteRange;
import io.sluicefs.spi.ObjectId;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import io.sluicefs.spi.transport.ObjectStat;
import io.sluicefs.spi.transport.PutOptions;
import io.sluicefs.spi.transport.UploadBody;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.utils.http.SdkHttpUtils;

/**
 * The requests that copy within the store. They are not sent by the SDK: the JDK's client beneath
 * it repeats what has no body without telling, and a copy that creates only would meet itself.
 */
final class S3Copies {
  /** The status of an error that comes in an answer of success. */
  private static final int STATUS_OF_LATE_ERRORS = 500;

  private static final UploadBody NOTHING = new UploadBody(List.of());

  private final S3Bucket bucket;
  private final S3Errors errors;
  private final S3Sends sends;
  private final S3Heads heads;
  private final UploadChecksum checksum;

  /**
   * A range that became a part.
   *
   * @param checksum of its bytes, as headers have it; null if the store does not tell
   */
  record CopiedPart(String etag, @Nullable String checksum) {}

  S3Copies(
      S3Bucket bucket, S3Errors errors, S3Sends sends, S3Heads heads, UploadChecksum checksum) {
    this.bucket = bucket;
    this.errors = errors;
    this.sends = sends;
    this.heads = heads;
    this.checksum = checksum;
  }

  ObjectStat copy(ObjectId source, long size, String targetKey, PutOptions options)
      throws StorageException {
    String what = bucket.describe("copy", source.key()) + " to " + bucket.url(targetKey);
    S3Transport.requireKey(what, targetKey);
    S3Attributes.check(what, options);
    Map<String, String> headers = S3Attributes.headers(options);
    headers.putAll(source(what, source));
    headers.put("x-amz-metadata-directive", options.describe() ? "REPLACE" : "COPY");
    FlatDocument result;
    try {
      result = send(what, targetKey, Map.of(), headers, !options.createOnly(), "CopyObjectResult");
    } catch (StorageException e) {
      if (options.createOnly() && e.kind() == Kind.PRECONDITION_FAILED) {
        return madeBefore(what, source, targetKey, options, e);
      }
      throw e;
    }
    return new ObjectStat(
        new ObjectId(targetKey, etag(what, result)),
        size,
        time(result.element("LastModified")),
        ObjectStat.Type.DATA,
        options.metadata());
  }

  /** Tells which of its conditions a refused copy did not meet. */
  private ObjectStat madeBefore(
      String what, ObjectId source, String key, PutOptions options, StorageException refusal)
      throws StorageException {
    try {
      heads.head(key);
      ObjectStat made = options.repeated() ? heads.findCopy(key, source.key()) : null;
      if (made != null) {
        return made;
      }
    } catch (StorageException e) {
      throw e.kind() == Kind.NOT_FOUND ? refusal : e;
    }
    throw S3Writes.exists(what, refusal);
  }

  CopiedPart copyPart(
      String what, String key, Map<String, String> query, ObjectId source, ByteRange range)
      throws StorageException {
    Map<String, String> headers = source(what, source);
    headers.put("x-amz-copy-source-range", RangeRequest.rangeHeader(range));
    FlatDocument result = send(what, key, query, headers, true, "CopyPartResult");
    String told = checksum == UploadChecksum.NONE ? "" : result.element(checksum.element());
    return new CopiedPart(etag(what, result), told.isEmpty() ? null : told);
  }

  private Map<String, String> source(String what, ObjectId source) throws StorageException {
    S3Transport.requireKey(what, source.key());
    Map<String, String> headers = new LinkedHashMap<>();
    headers.put(
        "x-amz-copy-source",
        SdkHttpUtils.urlEncodeIgnoreSlashes(bucket.name() + "/" + source.key()));
    headers.put("x-amz-copy-source-if-match", RangeRequest.ifMatchHeader(source.etag()));
    return headers;
  }

  /** Sends a copy; a store that begins to answer before it is done may end with an error. */
  private FlatDocument send(
      String what,
      String key,
      Map<String, String> query,
      Map<String, String> headers,
      boolean repeatable,
      String root)
      throws StorageException {
    Receipt receipt = sends.sendSlow(what, key, query, headers, NOTHING, repeatable);
    FlatDocument answer = new FlatDocument(receipt.body());
    if (answer.isA("Error")) {
      ErrorAnswer late = new ErrorAnswer(STATUS_OF_LATE_ERRORS, receipt.headers(), receipt.body());
      throw errors.toException(what, false, S3Error.of(late), null);
    }
    if (!answer.isA(root)) {
      throw new StorageException(
          Kind.CORRUPT, what + ": the answer is no " + root + "; is this an S3 endpoint?");
    }
    return answer;
  }

  private static String etag(String what, FlatDocument result) throws StorageException {
    String etag = ETags.unquoted(result.element("ETag"));
    if (etag.isEmpty()) {
      throw new StorageException(Kind.CORRUPT, what + ": the answer has no etag");
    }
    return etag;
  }

  private static Instant time(String text) {
    try {
      return Instant.parse(text);
    } catch (DateTimeException e) {
      // It is only told to people.
      return Instant.now();
    }
  }
}
