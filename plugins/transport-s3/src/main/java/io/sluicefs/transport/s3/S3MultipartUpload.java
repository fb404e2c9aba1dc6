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
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import software.amazon.awssdk.services.s3.model.ChecksumType;
import software.amazon.awssdk.services.s3.model.CompleteMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.CompleteMultipartUploadResponse;
import software.amazon.awssdk.services.s3.model.CompletedPart;
import software.amazon.awssdk.services.s3.model.UploadPartCopyRequest;
import software.amazon.awssdk.services.s3.model.UploadPartCopyResponse;

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
    Map<String, String> query = new LinkedHashMap<>();
    query.put("partNumber", Integer.toString(number));
    query.put("uploadId", uploadId);
    UploadChecksum checksum = writes.checksum();
    if (checksum == UploadChecksum.NONE) {
      return sent(number, query, Map.of(), body);
    }
    long value = checksum.of(body);
    Part part = sent(number, query, Map.of(checksum.header(), checksum.base64(value)), body);
    checksums.put(part, value);
    return part;
  }

  private Part sent(
      int number, Map<String, String> query, Map<String, String> headers, UploadBody body)
      throws StorageException {
    Receipt receipt =
        writes.sends().send(describe("upload of part " + number), key, query, headers, body);
    return new Part(number, S3Sends.etag(receipt), body.length());
  }

  @Override
  public Part uploadPartCopy(int number, ObjectId source, ByteRange range) throws StorageException {
    String what = describe("copy to part " + number);
    UploadPartCopyRequest request =
        UploadPartCopyRequest.builder()
            .sourceBucket(writes.bucket().name())
            .sourceKey(source.key())
            .copySourceIfMatch("\"" + source.etag() + "\"")
            .copySourceRange("bytes=" + range.start() + "-" + (range.end() - 1))
            .destinationBucket(writes.bucket().name())
            .destinationKey(key)
            .uploadId(uploadId)
            .partNumber(number)
            .build();
    UploadPartCopyResponse answer =
        writes
            .control()
            .run(
                what,
                false,
                writes.completionTimeout(),
                () -> writes.client().uploadPartCopy(request));
    if (answer.copyPartResult() == null || answer.copyPartResult().eTag() == null) {
      throw new StorageException(Kind.CORRUPT, what + ": the answer has no etag");
    }
    return new Part(number, ETags.unquoted(answer.copyPartResult().eTag()), range.length());
  }

  @Override
  public ObjectStat complete(List<Part> parts) throws StorageException {
    String what = describe("completion of the upload");
    List<Part> sorted = parts.stream().sorted(Comparator.comparingInt(Part::number)).toList();
    long size = sorted.stream().mapToLong(Part::size).sum();
    CompleteMultipartUploadRequest request = request(sorted);
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
      made = stat(what, answer, size);
    } catch (StorageException e) {
      made = madeBefore(what, e, repeated, sorted, size);
    }
    ended.set(true);
    return made;
  }

  private CompleteMultipartUploadRequest request(List<Part> parts) {
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
    OptionalLong whole = checksum(parts);
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

  /** Returns the checksum of all bytes; none if some were copied, as their checksum is not here. */
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
      throw new StorageException(Kind.CORRUPT, what + ": the answer has no etag");
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
      String what, StorageException failure, boolean repeated, List<Part> parts, long size)
      throws StorageException {
    boolean taken = options.createOnly() && failure.kind() == Kind.PRECONDITION_FAILED;
    if (failure.kind() == Kind.NOT_FOUND || (taken && repeated)) {
      ObjectStat there;
      try {
        there = writes.head(key);
      } catch (StorageException e) {
        failure.addSuppressed(e);
        throw failure;
      }
      if (there.size() == size && there.id().etag().equals(etag(parts))) {
        return there;
      }
    }
    throw taken ? S3Writes.exists(what, failure) : failure;
  }

  /** Returns the etag S3 gives an object of these parts; something else where parts have no MD5. */
  private static String etag(List<Part> parts) {
    try {
      MessageDigest md5 = MessageDigest.getInstance("MD5");
      for (Part part : parts) {
        md5.update(HexFormat.of().parseHex(part.etag()));
      }
      return HexFormat.of().formatHex(md5.digest()) + "-" + parts.size();
    } catch (NoSuchAlgorithmException | IllegalArgumentException e) {
      return "";
    }
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
