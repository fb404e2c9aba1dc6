// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.transport.s3;

import com.google.errorprone.annotations.MustBeClosed;
import io.sluicefs.http.Receipt;
import io.sluicefs.spi.ObjectId;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import io.sluicefs.spi.transport.MultipartUpload;
import io.sluicefs.spi.transport.ObjectStat;
import io.sluicefs.spi.transport.PendingUpload;
import io.sluicefs.spi.transport.PutOptions;
import io.sluicefs.spi.transport.UploadBody;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.AbortMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.ChecksumAlgorithm;
import software.amazon.awssdk.services.s3.model.ChecksumType;
import software.amazon.awssdk.services.s3.model.CreateMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.CreateMultipartUploadResponse;
import software.amazon.awssdk.services.s3.model.DeleteObjectsRequest;
import software.amazon.awssdk.services.s3.model.DeleteObjectsResponse;
import software.amazon.awssdk.services.s3.model.EncodingType;
import software.amazon.awssdk.services.s3.model.ListMultipartUploadsRequest;
import software.amazon.awssdk.services.s3.model.ListMultipartUploadsResponse;
import software.amazon.awssdk.services.s3.model.ObjectIdentifier;

/** The requests that change a bucket. */
final class S3Writes {
  static final int MAX_DELETES = 1000;

  private final S3Bucket bucket;
  private final Supplier<S3Client> client;
  private final ControlRequests control;
  private final S3Errors errors;
  private final S3Sends sends;
  private final S3Queries queries;
  private final S3Heads heads;
  private final S3Copies copies;
  private final UploadChecksum checksum;
  private final Duration completionTimeout;

  S3Writes(
      S3TransportConfig config,
      S3Bucket bucket,
      Supplier<S3Client> client,
      ControlRequests control,
      S3Errors errors,
      S3Sends sends,
      S3Queries queries,
      S3Heads heads) {
    this.bucket = bucket;
    this.client = client;
    this.control = control;
    this.errors = errors;
    this.sends = sends;
    this.queries = queries;
    this.heads = heads;
    this.checksum = config.uploadChecksum();
    this.copies = new S3Copies(bucket, errors, sends, heads, checksum);
    this.completionTimeout = config.connection().completionTimeout();
  }

  S3Bucket bucket() {
    return bucket;
  }

  S3Client client() {
    return client.get();
  }

  ControlRequests control() {
    return control;
  }

  S3Sends sends() {
    return sends;
  }

  UploadChecksum checksum() {
    return checksum;
  }

  Duration completionTimeout() {
    return completionTimeout;
  }

  S3Heads heads() {
    return heads;
  }

  S3Copies copies() {
    return copies;
  }

  ObjectStat put(String key, PutOptions options, UploadBody body) throws StorageException {
    return put(bucket.describe("put", key), key, options, body, ObjectStat.Type.DATA);
  }

  ObjectStat putSymlink(String key, String target, PutOptions options) throws StorageException {
    String what = bucket.describe("put of the symbolic link", key);
    PutOptions marked = S3Symlinks.options(what, target, options);
    return put(what, key, marked, new UploadBody(List.of()), ObjectStat.Type.SYMLINK);
  }

  private ObjectStat put(
      String what, String key, PutOptions options, UploadBody body, ObjectStat.Type type)
      throws StorageException {
    S3Transport.requireKey(what, key);
    S3Attributes.check(what, options);
    Map<String, String> headers = S3Attributes.headers(options);
    @Nullable String value =
        checksum == UploadChecksum.NONE ? null : checksum.base64(checksum.of(body));
    if (value != null) {
      headers.put(checksum.header(), value);
    }
    Receipt receipt;
    try {
      receipt = sends.send(what, key, Map.of(), headers, body, !options.createOnly());
    } catch (StorageException e) {
      if (options.createOnly() && e.kind() == Kind.PRECONDITION_FAILED) {
        return madeBefore(what, key, options, body, value, e);
      }
      throw e;
    }
    return new ObjectStat(
        new ObjectId(key, S3Sends.etag(receipt)),
        body.length(),
        time(receipt.header("date")),
        type,
        S3Symlinks.withoutMark(options.metadata()));
  }

  /** Returns what is there if the request before this repeat made it. */
  private ObjectStat madeBefore(
      String what,
      String key,
      PutOptions options,
      UploadBody body,
      @Nullable String value,
      StorageException refusal)
      throws StorageException {
    if (options.repeated()) {
      S3Heads.Expected expected =
          new S3Heads.Expected(body.length(), options.metadata(), ETags.of(body), value);
      ObjectStat made = heads.find(key, expected, checksum);
      if (made != null) {
        return made;
      }
    }
    throw exists(what, refusal);
  }

  /** Returns the failure of a create-only request. */
  static StorageException exists(String what, StorageException cause) {
    return new StorageException(
        Kind.ALREADY_EXISTS, what + ": there is an object of that key already", cause);
  }

  private static Instant time(@Nullable String date) {
    if (date != null) {
      try {
        return ZonedDateTime.parse(date, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant();
      } catch (DateTimeException e) {
        // A proxy's; the time is only told to people.
      }
    }
    return Instant.now();
  }

  @MustBeClosed
  MultipartUpload start(String key, PutOptions options) throws StorageException {
    String what = bucket.describe("start of an upload", key);
    S3Transport.requireKey(what, key);
    S3Attributes.check(what, options);
    CreateMultipartUploadRequest.Builder request =
        CreateMultipartUploadRequest.builder()
            .bucket(bucket.name())
            .key(key)
            .metadata(options.metadata());
    if (!options.contentType().isEmpty()) {
      request.contentType(options.contentType());
    }
    if (checksum != UploadChecksum.NONE) {
      request
          .checksumAlgorithm(ChecksumAlgorithm.fromValue(checksum.name()))
          .checksumType(ChecksumType.FULL_OBJECT);
    }
    CreateMultipartUploadRequest asked = request.build();
    CreateMultipartUploadResponse answer =
        control.run(what, false, () -> client.get().createMultipartUpload(asked));
    String id = answer.uploadId();
    if (id == null || id.isEmpty()) {
      throw new StorageException(
          Kind.CORRUPT, what + ": the answer names no upload" + S3Error.reference(answer));
    }
    return new S3MultipartUpload(this, key, id, options);
  }

  List<PendingUpload> listUploads(String prefix) throws StorageException {
    String what = bucket.describe("list of uploads", prefix);
    List<PendingUpload> uploads = new ArrayList<>();
    ListMultipartUploadsRequest request =
        ListMultipartUploadsRequest.builder()
            .bucket(bucket.name())
            .prefix(prefix.isEmpty() ? null : prefix)
            .encodingType(EncodingType.URL)
            .build();
    while (true) {
      ListMultipartUploadsRequest asked = request;
      ListMultipartUploadsResponse answer =
          control.run(what, true, () -> client.get().listMultipartUploads(asked));
      answer
          .uploads()
          .forEach(
              upload ->
                  uploads.add(
                      new PendingUpload(upload.key(), upload.uploadId(), upload.initiated())));
      if (answer.isTruncated() == null) {
        throw new StorageException(
            Kind.CORRUPT,
            what
                + ": the answer does not say whether it is the last page"
                + S3Error.reference(answer));
      }
      if (!answer.isTruncated()) {
        return uploads;
      }
      ListMultipartUploadsRequest next =
          asked.toBuilder()
              .keyMarker(answer.nextKeyMarker())
              .uploadIdMarker(answer.nextUploadIdMarker())
              .build();
      if (answer.nextKeyMarker() == null || next.equals(asked)) {
        throw new StorageException(
            Kind.CORRUPT,
            what
                + ": the answer is cut short without saying how to go on"
                + S3Error.reference(answer));
      }
      request = next;
    }
  }

  void abort(String key, String uploadId) throws StorageException {
    AbortMultipartUploadRequest request =
        AbortMultipartUploadRequest.builder()
            .bucket(bucket.name())
            .key(key)
            .uploadId(uploadId)
            .build();
    try {
      control.run(
          bucket.describe("abort of an upload", key),
          false,
          () -> client.get().abortMultipartUpload(request));
    } catch (StorageException e) {
      if (e.kind() != Kind.NOT_FOUND) {
        throw e;
      }
    }
  }

  void delete(List<String> keys) throws StorageException {
    if (keys.size() > MAX_DELETES) {
      throw new IllegalArgumentException(
          "%d keys to delete, %d at most".formatted(keys.size(), MAX_DELETES));
    }
    List<String> batch = new ArrayList<>();
    for (String key : keys) {
      if (keys.size() > 1 && fitsXml(key)) {
        batch.add(key);
      } else {
        deleteOne(key);
      }
    }
    if (!batch.isEmpty()) {
      deleteAll(batch);
    }
  }

  private static boolean fitsXml(String key) {
    return !key.isEmpty() && key.chars().noneMatch(c -> c < ' ' || c >= 0xFFFE);
  }

  private void deleteOne(String key) throws StorageException {
    String what = bucket.describe("delete", key);
    try {
      queries.delete(what, key);
    } catch (StorageException e) {
      if (e.kind() != Kind.NOT_FOUND) {
        throw e;
      }
    }
  }

  private void deleteAll(List<String> keys) throws StorageException {
    String what =
        bucket.describe("delete", keys.getFirst()) + " and %d more".formatted(keys.size() - 1);
    List<ObjectIdentifier> identifiers =
        keys.stream().map(key -> ObjectIdentifier.builder().key(key).build()).toList();
    DeleteObjectsRequest request =
        DeleteObjectsRequest.builder()
            .bucket(bucket.name())
            .delete(delete -> delete.objects(identifiers).quiet(true))
            .build();
    DeleteObjectsResponse answer =
        control.run(what, true, () -> client.get().deleteObjects(request));
    StorageException first = null;
    int failed = 0;
    for (software.amazon.awssdk.services.s3.model.S3Error error : answer.errors()) {
      if ("NoSuchKey".equals(error.code())) {
        continue;
      }
      failed++;
      if (first == null) {
        String key = error.key() == null ? "" : error.key();
        first =
            errors.toException(
                bucket.describe("delete", key), false, S3Error.ofKey(error, answer), null);
      }
    }
    if (first != null) {
      throw failed == 1
          ? first
          : new StorageException(
              first.kind(), "%s; %d keys more".formatted(first.getMessage(), failed - 1), first);
    }
  }
}
