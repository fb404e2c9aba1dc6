// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.transport.oss;

import io.sluicefs.http.Crc64;
import io.sluicefs.spi.ByteRange;
import io.sluicefs.spi.ObjectId;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import io.sluicefs.spi.transport.MultipartUpload;
import io.sluicefs.spi.transport.ObjectStat;
import io.sluicefs.spi.transport.UploadBody;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/** An object being uploaded to OSS in parts. */
final class OssUpload implements MultipartUpload {
  private static final Logger LOG = System.getLogger(OssUpload.class.getName());

  private final OssWriting writing;
  private final OssCopies copies;
  private final OssWriting.Started started;
  private final Map<Part, Long> crcs = new ConcurrentHashMap<>();
  private final AtomicBoolean finished = new AtomicBoolean();
  private volatile boolean outcomeUnknown;
  private volatile @Nullable StorageException corrupt;

  OssUpload(OssWriting writing, OssCopies copies, OssWriting.Started started) {
    this.writing = writing;
    this.copies = copies;
    this.started = started;
  }

  @Override
  public String uploadId() {
    return started.uploadId();
  }

  @Override
  public Part uploadPart(int number, UploadBody body) throws StorageException {
    return kept(writing.putPart(started, number, body));
  }

  private Part kept(OssWriting.SentPart sent) {
    if (sent.crc() != null) {
      crcs.put(sent.part(), sent.crc());
    }
    return sent.part();
  }

  @Override
  public Part uploadPartCopy(int number, ObjectId source, ByteRange range) throws StorageException {
    return kept(copies.copyPart(started, number, source, range));
  }

  @Override
  public ObjectStat complete(List<Part> parts) throws StorageException {
    List<Part> sorted = parts.stream().sorted(Comparator.comparingInt(Part::number)).toList();
    ObjectStat made = completeOnce(sorted, crc(sorted));
    finished.set(true);
    return made;
  }

  private ObjectStat completeOnce(List<Part> parts, @Nullable Long crc) throws StorageException {
    boolean repeated = outcomeUnknown;
    outcomeUnknown = true;
    try {
      return writing.complete(started, parts, crc);
    } catch (StorageException e) {
      boolean mayBeDone =
          e.kind() == Kind.NOT_FOUND || (repeated && e.kind() == Kind.ALREADY_EXISTS);
      if (mayBeDone) {
        StorageException before = corrupt;
        if (before != null) {
          // The upload is gone because it was completed, with other bytes.
          throw before;
        }
        ObjectStat made = writing.findCompleted(started, parts, crc);
        if (made != null) {
          return made;
        }
      }
      if (e.kind() == Kind.CORRUPT) {
        corrupt = e;
      }
      throw e;
    }
  }

  /** Returns the CRC of the whole object, or null if that of a part is not known. */
  private @Nullable Long crc(List<Part> parts) {
    long whole = 0;
    for (Part part : parts) {
      Long crc = crcs.get(part);
      if (crc == null) {
        return null;
      }
      whole = Crc64.XZ.combine(whole, crc, part.size());
    }
    return whole;
  }

  @Override
  public void close() {
    if (finished.compareAndSet(false, true)) {
      Thread.ofVirtual().name("oss-abort").start(this::abort);
    }
  }

  private void abort() {
    try {
      writing.abort(started.key(), started.uploadId());
    } catch (StorageException e) {
      // Whoever lists uploads finds it; what made the upload fail is told elsewhere.
      LOG.log(Level.DEBUG, "not aborted", e);
    }
  }
}
