// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.write;

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
import io.sluicefs.spi.transport.Transport;
import io.sluicefs.spi.transport.TransportCapabilities;
import io.sluicefs.spi.transport.UploadBody;
import java.nio.ByteBuffer;
import java.util.List;

/** Reads what was just written from memory, and asks the store for the rest. */
public final class KeptTransport implements Transport {
  private final Transport inner;
  private final KeptBytes kept;

  /** Creates a decorator that owns {@code inner}. */
  public KeptTransport(Transport inner, KeptBytes kept) {
    this.inner = inner;
    this.kept = kept;
  }

  @Override
  public void read(ObjectId id, ByteRange range, ByteBuffer[] target, ReadProgress progress)
      throws StorageException {
    List<PartBuffer> buffers = kept.of(id);
    if (buffers == null) {
      inner.read(id, range, target, progress);
      return;
    }
    long at = range.start();
    for (PartBuffer buffer : buffers) {
      long from = Math.max(buffer.start(), at);
      long to = Math.min(buffer.end(), range.end());
      if (from >= to || !buffer.tryHold()) {
        continue;
      }
      try {
        if (at < from) {
          readBelow(id, range, new ByteRange(at, from), target, progress);
        }
        buffer.slices(new ByteRange(from, to), slice -> fill(target, slice.asByteBuffer()));
        at = to;
      } finally {
        buffer.keep();
      }
      progress.filled(at - range.start());
    }
    if (at < range.end()) {
      readBelow(id, range, new ByteRange(at, range.end()), target, progress);
    }
  }

  private void readBelow(
      ObjectId id, ByteRange whole, ByteRange part, ByteBuffer[] target, ReadProgress progress)
      throws StorageException {
    if (part.equals(whole)) {
      inner.read(id, whole, target, progress);
      return;
    }
    long done = part.start() - whole.start();
    ByteBuffer[] views = views(target, part.length());
    inner.read(id, part, views, bytes -> progress.filled(done + bytes));
    skip(target, part.length());
  }

  private static ByteBuffer[] views(ByteBuffer[] target, long length) {
    ByteBuffer[] views = new ByteBuffer[target.length];
    long left = length;
    for (int i = 0; i < target.length; i++) {
      int count = (int) Math.min(left, target[i].remaining());
      views[i] = target[i].slice(target[i].position(), count);
      left -= count;
    }
    return views;
  }

  private static void skip(ByteBuffer[] target, long length) {
    long left = length;
    for (ByteBuffer buffer : target) {
      int count = (int) Math.min(left, buffer.remaining());
      buffer.position(buffer.position() + count);
      left -= count;
    }
  }

  private static void fill(ByteBuffer[] target, ByteBuffer source) {
    for (ByteBuffer buffer : target) {
      int count = Math.min(buffer.remaining(), source.remaining());
      buffer.put(buffer.position(), source, source.position(), count);
      buffer.position(buffer.position() + count);
      source.position(source.position() + count);
    }
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
