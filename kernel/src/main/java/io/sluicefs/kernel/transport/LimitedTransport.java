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
import io.sluicefs.spi.transport.Transport;
import io.sluicefs.spi.transport.TransportCapabilities;
import io.sluicefs.spi.transport.UploadBody;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * Limits how many reads are under way at once, demand before read-ahead. Goes inside {@link
 * RetryingTransport}, so that a pause between attempts holds no slot.
 */
public final class LimitedTransport implements Transport {
  private final Transport inner;
  private final ReadSlots slots;

  /**
   * Creates a decorator that owns {@code inner}.
   *
   * @param reads most reads under way
   * @param demandReads how many of them only demand gets
   */
  public LimitedTransport(Transport inner, int reads, int demandReads) {
    this.inner = inner;
    this.slots = new ReadSlots(reads, demandReads);
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
    return inner.head(key);
  }

  @Override
  public ListPage list(ListRequest request) throws StorageException {
    return inner.list(request);
  }

  @Override
  public void read(ObjectId id, ByteRange range, ByteBuffer[] target, ReadProgress progress)
      throws StorageException {
    try {
      slots.take(ReadPurpose.current());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StorageException(
          Kind.CANCELLED, "interrupted before reading " + range + " of " + id.key(), e);
    }
    try {
      inner.read(id, range, target, progress);
    } finally {
      slots.giveBack();
    }
  }

  @Override
  public ObjectStat put(String key, PutOptions options, UploadBody body) throws StorageException {
    return inner.put(key, options, body);
  }

  @Override
  @MustBeClosed
  public MultipartUpload startMultipartUpload(String key, PutOptions options)
      throws StorageException {
    return inner.startMultipartUpload(key, options);
  }

  @Override
  public List<PendingUpload> listUploads(String prefix) throws StorageException {
    return inner.listUploads(prefix);
  }

  @Override
  public void abortUpload(PendingUpload upload) throws StorageException {
    inner.abortUpload(upload);
  }

  @Override
  public ObjectStat copy(ObjectId source, long size, String targetKey, PutOptions options)
      throws StorageException {
    return inner.copy(source, size, targetKey, options);
  }

  @Override
  public ObjectStat putSymlink(String key, String target, PutOptions options)
      throws StorageException {
    return inner.putSymlink(key, target, options);
  }

  @Override
  public String readSymlink(String key) throws StorageException {
    return inner.readSymlink(key);
  }

  @Override
  public void delete(List<String> keys) throws StorageException {
    inner.delete(keys);
  }

  @Override
  public void close() {
    inner.close();
  }
}
