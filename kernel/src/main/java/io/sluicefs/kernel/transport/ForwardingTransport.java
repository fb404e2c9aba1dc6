// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.transport;

import com.google.errorprone.annotations.MustBeClosed;
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
import java.util.List;
import java.util.Optional;

/**
 * Passes every call on to another transport, which it owns; decorators override what they change.
 * What the SPI gains is passed on here once, and is lost in none of them.
 */
public class ForwardingTransport implements Transport {
  private final Transport inner;

  /** Creates a decorator that owns {@code inner}. */
  protected ForwardingTransport(Transport inner) {
    this.inner = inner;
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
    inner.read(id, range, target, progress);
  }

  @Override
  public Optional<StoredChecksum> checksum(ObjectId id) throws StorageException {
    return inner.checksum(id);
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
