// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.spi.testkit.transport;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.sluicefs.spi.ByteRange;
import io.sluicefs.spi.ObjectId;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import io.sluicefs.spi.testkit.transport.MemoryTransport.Operation;
import io.sluicefs.spi.transport.MultipartUpload;
import io.sluicefs.spi.transport.ObjectStat;
import io.sluicefs.spi.transport.PendingUpload;
import io.sluicefs.spi.transport.PutOptions;
import io.sluicefs.spi.transport.UploadBody;
import java.io.ByteArrayOutputStream;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The uploads of a {@link MemoryTransport} that are neither completed nor aborted. */
final class MemoryUploads {
  /** What of the bucket uploads are made with. */
  interface Bucket {
    void pass(Operation operation, String key) throws StorageException;

    /** Returns the bytes of one version of an object. */
    byte[] content(ObjectId id) throws StorageException;

    byte[] content(UploadBody body);

    String etag(byte[] content);

    ObjectStat create(String key, PutOptions options, byte[] content) throws StorageException;
  }

  private final Bucket bucket;

  @GuardedBy("this")
  private final Map<String, PendingUpload> pending = new HashMap<>();

  @GuardedBy("this")
  private int started;

  MemoryUploads(Bucket bucket) {
    this.bucket = bucket;
  }

  synchronized PendingUpload add(String key, Instant when) {
    started++;
    PendingUpload upload = new PendingUpload(key, "upload-" + started, when);
    pending.put(upload.uploadId(), upload);
    return upload;
  }

  MultipartUpload start(String key, PutOptions options) throws StorageException {
    bucket.pass(Operation.START_UPLOAD, key);
    return new Upload(add(key, Instant.now()), options);
  }

  List<PendingUpload> list(String prefix) throws StorageException {
    bucket.pass(Operation.LIST_UPLOADS, prefix);
    synchronized (this) {
      return pending.values().stream()
          .filter(upload -> upload.key().startsWith(prefix))
          .sorted(Comparator.comparing(PendingUpload::key).thenComparing(PendingUpload::uploadId))
          .toList();
    }
  }

  void abort(PendingUpload upload) throws StorageException {
    bucket.pass(Operation.ABORT_UPLOAD, upload.key());
    end(upload);
  }

  synchronized int count() {
    return pending.size();
  }

  private synchronized boolean end(PendingUpload upload) {
    return pending.remove(upload.uploadId()) != null;
  }

  private synchronized boolean isPending(PendingUpload upload) {
    return pending.containsKey(upload.uploadId());
  }

  private final class Upload implements MultipartUpload {
    private final PendingUpload upload;
    private final PutOptions options;

    @GuardedBy("this")
    private final Map<Integer, byte[]> parts = new TreeMap<>();

    @GuardedBy("this")
    private @Nullable ObjectStat made;

    Upload(PendingUpload upload, PutOptions options) {
      this.upload = upload;
      this.options = options;
    }

    @Override
    public String uploadId() {
      return upload.uploadId();
    }

    @Override
    public Part uploadPart(int number, UploadBody body) throws StorageException {
      bucket.pass(Operation.UPLOAD_PART, upload.key());
      return keep(number, bucket.content(body));
    }

    @Override
    public Part uploadPartCopy(int number, ObjectId source, ByteRange range)
        throws StorageException {
      bucket.pass(Operation.COPY_PART, upload.key());
      byte[] whole = bucket.content(source);
      if (range.end() > whole.length) {
        throw new StorageException(Kind.INVALID_REQUEST, range + " is not within " + source.key());
      }
      byte[] content = new byte[(int) range.length()];
      System.arraycopy(whole, (int) range.start(), content, 0, content.length);
      return keep(number, content);
    }

    private synchronized Part keep(int number, byte[] content) throws StorageException {
      checkPending();
      parts.put(number, content);
      return new Part(number, bucket.etag(content), content.length);
    }

    @Override
    public ObjectStat complete(List<Part> chosen) throws StorageException {
      bucket.pass(Operation.COMPLETE_UPLOAD, upload.key());
      synchronized (this) {
        if (made != null) {
          return made;
        }
        checkPending();
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        List<Part> ascending =
            chosen.stream().sorted(Comparator.comparingInt(Part::number)).toList();
        for (Part part : ascending) {
          byte[] kept = parts.get(part.number());
          if (kept == null || !bucket.etag(kept).equals(part.etag())) {
            throw new StorageException(
                Kind.INVALID_REQUEST, upload.key() + " has no such part " + part.number());
          }
          content.writeBytes(kept);
        }
        ObjectStat stat = bucket.create(upload.key(), options, content.toByteArray());
        made = stat;
        end(upload);
        return stat;
      }
    }

    private void checkPending() throws StorageException {
      if (!isPending(upload)) {
        throw new StorageException(
            Kind.NOT_FOUND, "there is no upload " + upload.uploadId() + " of " + upload.key());
      }
    }

    @Override
    public void close() {
      end(upload);
    }
  }
}
