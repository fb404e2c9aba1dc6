// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.write;

import io.sluicefs.spi.ByteRange;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import io.sluicefs.spi.transport.ObjectStat;
import io.sluicefs.spi.transport.PutOptions;

/** Copies objects within the store, whatever their size. */
final class ObjectCopies {
  /**
   * Most bytes the store is asked to copy in one request: several are under way, and none may
   * rightly last for minutes.
   */
  static final long AT_ONCE = 512L << 20;

  private final Uploads uploads;
  private final KeptBytes kept;

  ObjectCopies(Uploads uploads, KeptBytes kept) {
    this.uploads = uploads;
    this.kept = kept;
  }

  /** Returns the copy; what is in memory of the source is in memory of the copy. */
  ObjectStat copy(StoredObject source, String key, PutOptions options) throws StorageException {
    ObjectStat made =
        source.size() <= Math.min(AT_ONCE, uploads.store().maxCopySize())
            ? uploads.transport().copy(source.id(), source.size(), key, options)
            : copyInParts(source, key, options);
    kept.copied(source.id(), made.id());
    return made;
  }

  /** What the store keeps by itself when it copies at once. */
  private PutOptions asTheSource(StoredObject source, PutOptions options) throws StorageException {
    ObjectStat head = uploads.transport().head(source.id().key());
    return new PutOptions(
        options.createOnly(), head.contentType(), head.metadata(), options.repeated());
  }

  private ObjectStat copyInParts(StoredObject source, String key, PutOptions described)
      throws StorageException {
    PutOptions options = described.describe() ? described : asTheSource(source, described);
    PartSizes sizes = uploads.sizes();
    long size = source.size();
    long part = Math.max(AT_ONCE, (size + sizes.count() - 1) / sizes.count());
    try (PartUploader uploader = uploads.start(key, options)) {
      int number = 1;
      for (long at = 0; at < size; at += part) {
        uploader.submitCopy(number++, source.id(), new ByteRange(at, Math.min(size, at + part)));
      }
      return uploader.complete();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StorageException(Kind.CANCELLED, "interrupted while copying to " + key, e);
    }
  }
}
