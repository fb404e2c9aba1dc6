// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.transport.s3;

import io.sluicefs.http.Receipt;
import io.sluicefs.spi.ByteRange;
import io.sluicefs.spi.ObjectId;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import io.sluicefs.spi.transport.MultipartUpload;
import io.sluicefs.spi.transport.ObjectStat;
import io.sluicefs.spi.transport.PutOptions;
import io.sluicefs.spi.transport.UploadBody;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Instant;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.s3.model.ChecksumType;
import software.amazon.awssdk.services.s3.model.CompleteMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.CompleteMultipartUploadResponse;
import software.amazon.awssdk.services.s3.model.CompletedPart;

/** An upload in parts. */
final class S3MultipartUpload implements MultipartUpload {
  private static final Logger LOG = System.getLogger(S3MultipartUpload.class.getName());

  private final S3Writes writes;
  private final String key;
  private final String uploadId;
  private final PutOptions options;

  /** Checksums of the parts that were sent from here. */
  private final Map<Part, Long> checksums = new ConcurrentHashMap<>();

  private final AtomicBoolean ended = new AtomicBoolean();
  private volatile boolean askedToComplete;
  private volatile @Nullable StorageException corrupt;

  S3MultipartUpload(S3Writes writes, String key, String uploadId, PutOptions options) {
    this.writes = writes;
    this.key = key;
    this.uploadId = uploadId;
    this.options = options;
  }

  @Override
  public String uploadId() {
    return uploadId;
  }

  private String describe(String verb) {
    return writes.bucket().describe(verb, key);
  }

  @Override
  public Part uploadPart(int number, UploadBody body) throws StorageException {
    UploadChecksum checksum = writes.checksum();
    if (checksum == UploadChecksum.NONE) {
      return sent(number, Map.of(), body);
    }
    long value = checksum.of(body);
    Part part = sent(number, Map.of(checksum.header(), checksum.base64(value)), body);
    checksums.put(part, value);
    return part;
  }

  private Part sent(int number, Map<String, String> headers, UploadBody body)
      throws StorageException {
    String what = describe("upload of part " + number);
    Receipt receipt = writes.sends().send(what, key, query(number), headers, body, true);
    return new Part(number, S3Sends.etag(receipt), body.length());
  }

  private Map<String, String> query(int number) {
    Map<String, String> query = new LinkedHashMap<>();
    query.put("partNumber", Integer.toString(number));
    query.put("uploadId", uploadId);
    return query;
  }

  @Override
  public Part uploadPartCopy(int number, ObjectId source, ByteRange range) throws StorageException {
    String what = describe("copy to part " + number);
    S3Copies.CopiedPart copied = writes.copies().copyPart(what, key, query(number), source, range);
    Part part = new Part(number, copied.etag(), range.length());
    if (copied.checksum() != null) {
      writes.checksum().parse(copied.checksum()).ifPresent(value -> checksums.put(part, value));
    }
    return part;
  }

  @Override
  public ObjectStat complete(List<Part> parts) throws StorageException {
    String what = describe("completion of the upload");
    List<Part> sorted = parts.stream().sorted(Comparator.comparingInt(Part::number)).toList();
    long size = sorted.stream().mapToLong(Part::size).sum();
    OptionalLong whole = checksum(sorted);
    CompleteMultipartUploadRequest request = request(sorted, whole);
    boolean repeated = askedToComplete;
    askedToComplete = true;
    ObjectStat made;
    try {
      CompleteMultipartUploadResponse answer =
          writes
              .control()
              .run(
                  what,
                  false,
                  writes.completionTimeout(),
                  () -> writes.client().completeMultipartUpload(request));
      compare(what, answer, whole);
      made = stat(what, answer, size);
    } catch (StorageException e) {
      made = madeBefore(what, e, repeated, sorted, size, whole);
    }
    ended.set(true);
    return made;
  }

  /** Compares what the store has with what was sent, where it tells. */
  private void compare(String what, CompleteMultipartUploadResponse answer, OptionalLong whole)
      throws StorageException {
    String stored =
        UploadChecksum.ofWhole(
            switch (writes.checksum()) {
              case CRC64NVME -> answer.checksumCRC64NVME();
              case CRC32C -> answer.checksumCRC32C();
              case NONE -> null;
            });
    if (stored == null || whole.isEmpty()) {
      return;
    }
    String sent = writes.checksum().base64(whole.getAsLong());
    if (!sent.equals(stored)) {
      StorageException failure =
          new StorageException(
              Kind.CORRUPT,
              "%s: the store has other bytes than were sent: %s %s, not %s%s"
                  .formatted(what, writes.checksum(), stored, sent, S3Error.reference(answer)));
      corrupt = failure;
      throw failure;
    }
  }

  private CompleteMultipartUploadRequest request(List<Part> parts, OptionalLong whole) {
    CompleteMultipartUploadRequest.Builder request =
        CompleteMultipartUploadRequest.builder()
            .bucket(writes.bucket().name())
            .key(key)
            .uploadId(uploadId)
            .multipartUpload(
                upload -> upload.parts(parts.stream().map(S3MultipartUpload::toSdk).toList()));
    if (options.createOnly()) {
      request.ifNoneMatch("*");
    }
    if (whole.isPresent()) {
      UploadChecksum checksum = writes.checksum();
      String value = checksum.base64(whole.getAsLong());
      request.checksumType(ChecksumType.FULL_OBJECT);
      if (checksum == UploadChecksum.CRC64NVME) {
        request.checksumCRC64NVME(value);
      } else {
        request.checksumCRC32C(value);
      }
    }
    return request.build();
  }

  private static CompletedPart toSdk(Part part) {
    return CompletedPart.builder()
        .partNumber(part.number())
        .eTag("\"" + part.etag() + "\"")
        .build();
  }

  /** Returns the checksum of all bytes; none if that of a part is not known. */
  private OptionalLong checksum(List<Part> parts) {
    if (writes.checksum() == UploadChecksum.NONE || parts.isEmpty()) {
      return OptionalLong.empty();
    }
    long whole = 0;
    for (Part part : parts) {
      Long one = checksums.get(part);
      if (one == null) {
        return OptionalLong.empty();
      }
      whole = writes.checksum().combine(whole, one, part.size());
    }
    return OptionalLong.of(whole);
  }

  private ObjectStat stat(String what, CompleteMultipartUploadResponse answer, long size)
      throws StorageException {
    if (answer.eTag() == null || answer.eTag().isEmpty()) {
      throw new StorageException(
          Kind.CORRUPT, what + ": the answer has no etag" + S3Error.reference(answer));
    }
    return new ObjectStat(
        new ObjectId(key, ETags.unquoted(answer.eTag())),
        size,
        Instant.now(),
        ObjectStat.Type.DATA,
        options.metadata());
  }

  /**
   * Returns the object an earlier request made whose answer was lost: the upload is gone, or the
   * key is taken, and what is there has the etag of these parts.
   */
  private ObjectStat madeBefore(
      String what,
      StorageException failure,
      boolean repeated,
      List<Part> parts,
      long size,
      OptionalLong whole)
      throws StorageException {
    boolean taken = options.createOnly() && failure.kind() == Kind.PRECONDITION_FAILED;
    if (failure.kind() == Kind.NOT_FOUND || (taken && repeated)) {
      StorageException before = corrupt;
      if (before != null) {
        // The upload is gone because it was completed, with other bytes.
        throw before;
      }
      ObjectStat there;
      try {
        there = writes.heads().find(key, expected(parts, size, whole), writes.checksum());
      } catch (StorageException e) {
        failure.addSuppressed(e);
        throw e.retryable() ? e : failure;
      }
      if (there != null) {
        return there;
      }
    }
    throw taken ? S3Writes.exists(what, failure) : failure;
  }

  private S3Heads.Expected expected(List<Part> parts, long size, OptionalLong whole) {
    return new S3Heads.Expected(
        size,
        options.metadata(),
        ETags.of(parts),
        whole.isPresent() ? writes.checksum().base64(whole.getAsLong()) : null);
  }

  @Override
  public void close() {
    if (ended.compareAndSet(false, true)) {
      Thread.ofVirtual().name("sluice-s3-abort").start(this::abort);
    }
  }

  private void abort() {
    try {
      writes.abort(key, uploadId);
    } catch (StorageException e) {
      LOG.log(
          e.kind() == Kind.CANCELLED ? Level.DEBUG : Level.WARNING,
          "{0}; upload {1} stays until it is aborted by age",
          e.getMessage(),
          uploadId);
    }
  }
}
