// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.transport;

import com.google.errorprone.annotations.MustBeClosed;
import io.sluicefs.spi.ByteRange;
import io.sluicefs.spi.ObjectId;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import io.sluicefs.spi.transport.ListPage;
import io.sluicefs.spi.transport.ListRequest;
import io.sluicefs.spi.transport.MultipartUpload;
import io.sluicefs.spi.transport.ObjectStat;
import io.sluicefs.spi.transport.PendingUpload;
import io.sluicefs.spi.transport.PutOptions;
import io.sluicefs.spi.transport.ReadProgress;
import io.sluicefs.spi.transport.StoredChecksum;
import io.sluicefs.spi.transport.Transport;
import io.sluicefs.spi.transport.TransportCapabilities;
import io.sluicefs.spi.transport.UploadBody;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Sends a request again when it failed in a way that may pass. A read goes on from its last good
 * byte. What cannot succeed, and a cancelled request, fails at once.
 */
public final class RetryingTransport implements Transport {
  private final Transport inner;
  private final RetryPolicy policy;
  private final Silence silence = new Silence();
  private final FailedReads failedReads = new FailedReads();

  /** Creates a decorator that owns {@code inner}. */
  public RetryingTransport(Transport inner, RetryPolicy policy) {
    this.inner = inner;
    this.policy = policy;
  }

  @Override
  public String location() {
    return inner.location();
  }

  @Override
  public TransportCapabilities capabilities() {
    return inner.capabilities();
  }

  @Override
  public ObjectStat head(String key) throws StorageException {
    return control(() -> inner.head(key));
  }

  @Override
  public ListPage list(ListRequest request) throws StorageException {
    return control(() -> inner.list(request));
  }

  @Override
  public void read(ObjectId id, ByteRange range, ByteBuffer[] target, ReadProgress progress)
      throws StorageException {
    ResumedRead read = new ResumedRead(range, target, progress);
    Attempts attempts = new Attempts(policy, policy.readDeadline(), silence);
    if (failedReads.contains(id, System.nanoTime())) {
      attempts.onlyOne();
    }
    while (!read.isComplete()) {
      long before = read.good();
      try {
        inner.read(id, read.remaining(), target, read);
        silence.end();
        failedReads.remove(id);
        return;
      } catch (StorageException e) {
        if (read.good() > before) {
          attempts.progressed(read.good() - before);
        }
        pause(id, attempts, e);
        read.rewind();
      }
    }
  }

  private void pause(ObjectId id, Attempts attempts, StorageException failure)
      throws StorageException {
    try {
      attempts.pauseAfter(failure);
    } catch (StorageException last) {
      if (last.retryable()) {
        failedReads.add(id, System.nanoTime());
      }
      throw last;
    }
  }

  @Override
  public Optional<StoredChecksum> checksum(ObjectId id) throws StorageException {
    return control(() -> inner.checksum(id));
  }

  @Override
  public ObjectStat put(String key, PutOptions options, UploadBody body) throws StorageException {
    return storing(policy.uploadDeadline(), options, next -> inner.put(key, next, body));
  }

  @Override
  @MustBeClosed
  @SuppressWarnings("MustBeClosedChecker") // what is returned owns it
  public MultipartUpload startMultipartUpload(String key, PutOptions options)
      throws StorageException {
    return new RetryingUpload(control(() -> inner.startMultipartUpload(key, options)));
  }

  @Override
  public List<PendingUpload> listUploads(String prefix) throws StorageException {
    return control(() -> inner.listUploads(prefix));
  }

  @Override
  public void abortUpload(PendingUpload upload) throws StorageException {
    control(
        () -> {
          inner.abortUpload(upload);
          return true;
        });
  }

  @Override
  public ObjectStat copy(ObjectId source, long size, String targetKey, PutOptions options)
      throws StorageException {
    return storing(
        policy.controlDeadline(), options, next -> inner.copy(source, size, targetKey, next));
  }

  @Override
  public ObjectStat putSymlink(String key, String target, PutOptions options)
      throws StorageException {
    return storing(policy.controlDeadline(), options, next -> inner.putSymlink(key, target, next));
  }

  @Override
  public String readSymlink(String key) throws StorageException {
    return control(() -> inner.readSymlink(key));
  }

  @Override
  public void delete(List<String> keys) throws StorageException {
    control(
        () -> {
          inner.delete(keys);
          return true;
        });
  }

  @Override
  public void close() {
    inner.close();
  }

  /** A request that makes an object. */
  @FunctionalInterface
  private interface Storing {
    ObjectStat run(PutOptions options) throws StorageException;
  }

  /**
   * Runs a request that makes an object. The repeat of one that creates only meets what that made
   * if just its answer was lost, so it says that it is a repeat.
   */
  private ObjectStat storing(Duration deadline, PutOptions options, Storing request)
      throws StorageException {
    PutOptions[] next = {options};
    return Attempts.run(
        policy,
        deadline,
        silence,
        () -> {
          try {
            return request.run(next[0]);
          } catch (StorageException e) {
            if (e.kind() != Kind.THROTTLED) {
              next[0] = options.forRepeat();
            }
            throw e;
          }
        });
  }

  private <T> T control(Attempts.Attempt<T> attempt) throws StorageException {
    return Attempts.run(policy, policy.controlDeadline(), silence, attempt);
  }

  private final class RetryingUpload implements MultipartUpload {
    private final MultipartUpload upload;

    RetryingUpload(MultipartUpload upload) {
      this.upload = upload;
    }

    @Override
    public String uploadId() {
      return upload.uploadId();
    }

    @Override
    public Part uploadPart(int number, UploadBody body) throws StorageException {
      try {
        return Attempts.run(
            policy, policy.uploadDeadline(), silence, () -> upload.uploadPart(number, body));
      } catch (StorageException e) {
        throw unlessGone(e);
      }
    }

    /** An upload somebody else aborted is no file that is gone. */
    private static StorageException unlessGone(StorageException failure) {
      return failure.kind() == Kind.NOT_FOUND
          ? new StorageException(
              Kind.INVALID_REQUEST,
              failure.getMessage() + "; the upload was aborted, by a rule of the bucket or by hand",
              failure)
          : failure;
    }

    @Override
    public Part uploadPartCopy(int number, ObjectId source, ByteRange range)
        throws StorageException {
      return Attempts.run(
          policy,
          policy.uploadDeadline(),
          silence,
          () -> upload.uploadPartCopy(number, source, range));
    }

    /** What is corrupt a second time is so in the store, and not on the way. */
    @Override
    public ObjectStat complete(List<Part> parts) throws StorageException {
      Attempts attempts = new Attempts(policy, policy.controlDeadline(), silence);
      boolean corrupt = false;
      while (true) {
        try {
          ObjectStat made = upload.complete(parts);
          silence.end();
          return made;
        } catch (StorageException e) {
          if (corrupt && e.kind() == Kind.CORRUPT) {
            throw e;
          }
          corrupt = e.kind() == Kind.CORRUPT;
          try {
            attempts.pauseAfter(e);
          } catch (StorageException last) {
            throw unlessGone(last);
          }
        }
      }
    }

    @Override
    public void close() {
      upload.close();
    }
  }
}
