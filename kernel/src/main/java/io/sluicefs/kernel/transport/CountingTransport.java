// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.transport;

import com.google.errorprone.annotations.MustBeClosed;
import io.sluicefs.kernel.metrics.AccessLog;
import io.sluicefs.kernel.transport.SlowRequests.Slow;
import io.sluicefs.kernel.transport.TransportCounters.Request;
import io.sluicefs.spi.ByteRange;
import io.sluicefs.spi.ObjectId;
import io.sluicefs.spi.StorageException;
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
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/** Counts requests and bytes. Goes next to the plugin, so that every attempt counts. */
public final class CountingTransport implements Transport {
  private final Transport inner;
  private final TransportCounters counters;
  private final AccessLog log = new AccessLog(AccessLog.REQUESTS);

  /** Creates a decorator that owns {@code inner}. */
  public CountingTransport(Transport inner, TransportCounters counters) {
    this.inner = inner;
    this.counters = counters;
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
    return count(Request.HEAD, () -> key, () -> inner.head(key));
  }

  @Override
  public ListPage list(ListRequest request) throws StorageException {
    return count(Request.LIST, request::prefix, () -> inner.list(request));
  }

  @Override
  public void read(ObjectId id, ByteRange range, ByteBuffer[] target, ReadProgress progress)
      throws StorageException {
    CountedProgress counted = new CountedProgress(progress, counters, ReadPurpose.current());
    count(
        Request.READ,
        () -> id.key() + " " + range,
        () -> {
          inner.read(id, range, target, counted);
          return true;
        });
  }

  @Override
  public Optional<StoredChecksum> checksum(ObjectId id) throws StorageException {
    return count(Request.HEAD, id::key, () -> inner.checksum(id));
  }

  @Override
  public ObjectStat put(String key, PutOptions options, UploadBody body) throws StorageException {
    ObjectStat stat = count(Request.PUT, () -> key, () -> inner.put(key, options, body));
    counters.written(body.length());
    return stat;
  }

  @Override
  @MustBeClosed
  @SuppressWarnings("MustBeClosedChecker") // what is returned owns it
  public MultipartUpload startMultipartUpload(String key, PutOptions options)
      throws StorageException {
    return new CountedUpload(
        count(Request.UPLOAD_CONTROL, () -> key, () -> inner.startMultipartUpload(key, options)),
        key);
  }

  @Override
  public List<PendingUpload> listUploads(String prefix) throws StorageException {
    return count(Request.UPLOAD_CONTROL, () -> prefix, () -> inner.listUploads(prefix));
  }

  @Override
  public void abortUpload(PendingUpload upload) throws StorageException {
    count(
        Request.UPLOAD_CONTROL,
        upload::key,
        () -> {
          inner.abortUpload(upload);
          return true;
        });
  }

  @Override
  public ObjectStat copy(ObjectId source, long size, String targetKey, PutOptions options)
      throws StorageException {
    return count(Request.COPY, () -> targetKey, () -> inner.copy(source, size, targetKey, options));
  }

  @Override
  public ObjectStat putSymlink(String key, String target, PutOptions options)
      throws StorageException {
    return count(Request.PUT, () -> key, () -> inner.putSymlink(key, target, options));
  }

  @Override
  public String readSymlink(String key) throws StorageException {
    return count(Request.HEAD, () -> key, () -> inner.readSymlink(key));
  }

  @Override
  public void delete(List<String> keys) throws StorageException {
    count(
        Request.DELETE,
        () -> keys.size() + " keys",
        () -> {
          inner.delete(keys);
          return true;
        });
  }

  @Override
  public void close() {
    inner.close();
  }

  private <T> T count(Request request, Supplier<String> target, Attempts.Attempt<T> attempt)
      throws StorageException {
    counters.sent(request);
    long start = System.nanoTime();
    String failure = "";
    try {
      return attempt.run();
    } catch (StorageException e) {
      // What nobody wants any more has not failed.
      if (e.kind() != StorageException.Kind.CANCELLED) {
        counters.failed(request);
        failure = String.valueOf(e.getMessage());
      }
      throw e;
    } catch (RuntimeException e) {
      counters.failed(request);
      failure = e.toString();
      throw e;
    } finally {
      long nanos = System.nanoTime() - start;
      counters.ended(request, nanos);
      if (log.isOn()) {
        log.add(
            Map.of(
                "request",
                request.name().toLowerCase(Locale.ROOT),
                "target",
                target.get(),
                "failure",
                failure),
            nanos);
      }
      if (SlowRequests.isSlow(nanos)) {
        counters.slow().add(new Slow(Instant.now(), request, target.get(), nanos / 1e9, failure));
      }
    }
  }

  private static final class CountedProgress implements ReadProgress {
    private final ReadProgress progress;
    private final TransportCounters counters;
    private final ReadPurpose purpose;
    private long counted;

    CountedProgress(ReadProgress progress, TransportCounters counters, ReadPurpose purpose) {
      this.progress = progress;
      this.counters = counters;
      this.purpose = purpose;
    }

    @Override
    public void filled(long bytes) {
      counters.read(bytes - counted, purpose);
      counted = bytes;
      progress.filled(bytes);
    }
  }

  private final class CountedUpload implements MultipartUpload {
    private final MultipartUpload upload;
    private final String key;

    CountedUpload(MultipartUpload upload, String key) {
      this.upload = upload;
      this.key = key;
    }

    @Override
    public String uploadId() {
      return upload.uploadId();
    }

    @Override
    public Part uploadPart(int number, UploadBody body) throws StorageException {
      Part part =
          count(
              Request.UPLOAD_PART,
              () -> key + " part " + number,
              () -> upload.uploadPart(number, body));
      counters.written(body.length());
      return part;
    }

    @Override
    public Part uploadPartCopy(int number, ObjectId source, ByteRange range)
        throws StorageException {
      return count(
          Request.UPLOAD_PART,
          () -> key + " part " + number,
          () -> upload.uploadPartCopy(number, source, range));
    }

    @Override
    public ObjectStat complete(List<Part> parts) throws StorageException {
      return count(Request.UPLOAD_CONTROL, () -> key, () -> upload.complete(parts));
    }

    @Override
    public void close() {
      upload.close();
    }
  }
}
