// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.spi.transport;

import com.google.errorprone.annotations.MustBeClosed;
import io.sluicefs.spi.ByteRange;
import io.sluicefs.spi.ObjectId;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import io.sluicefs.spi.transport.TransportCapabilities.Feature;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;

/**
 * One bucket of an object store. Thread-safe; any number of calls at once, each blocking its thread
 * until done. Interrupting the thread abandons the request, closes its connection and throws {@link
 * Kind#CANCELLED} with the interrupt status set.
 *
 * <p>A transport sends each request once, apart from one silent repeat when a kept-alive connection
 * turns out closed before any byte of an answer: retries, deadlines over several attempts, hedging
 * and limits of concurrency are the kernel's, as decorators of this interface. It gives up a single
 * request with {@link Kind#TIMEOUT} when there is no progress for its own timeout.
 *
 * <p>Keys are Unicode strings, sent as UTF-8, and are taken as they are: no normalisation of {@code
 * //}, {@code .} or {@code ..}.
 */
public interface Transport extends AutoCloseable {
  /**
   * Returns where the bucket is, stable over restarts and free of secrets: {@code
   * s3://host:port/bucket}.
   */
  String location();

  /** Returns what this store can do; the same at every call. */
  TransportCapabilities capabilities();

  /**
   * Returns what the store says of one object; of a symbolic link what it says of the link, whether
   * or not its target exists.
   *
   * @throws StorageException {@link Kind#NOT_FOUND} if there is none
   */
  ObjectStat head(String key) throws StorageException;

  /**
   * Returns one page of a listing, in the store's order. An answer that breaks the protocol
   * (truncated without a token, a token that was just used, XML that does not parse) is {@link
   * Kind#CORRUPT}, never a short page.
   */
  ListPage list(ListRequest request) throws StorageException;

  /**
   * Reads a range of one version of an object into memory, in order, in place.
   *
   * <p>The request is conditional on the etag, and the answer's status, range, length and etag are
   * compared with what was asked before a byte counts as read. On failure the bytes announced to
   * {@code progress} are good and the rest of {@code target} is undefined.
   *
   * @param range what to read; not empty, within the object
   * @param target direct buffers with {@code range.length()} bytes remaining in all, filled in
   *     order from their positions, which the call moves; borrowed until it returns
   * @param progress told as bytes become good
   * @throws StorageException {@link Kind#PRECONDITION_FAILED} if the object is another version now,
   *     {@link Kind#NOT_FOUND} if it is gone
   */
  void read(ObjectId id, ByteRange range, ByteBuffer[] target, ReadProgress progress)
      throws StorageException;

  /**
   * Returns the checksum the store keeps of all bytes of a version; empty if it keeps none that can
   * be put together from those of ranges, or the object is another version now.
   *
   * @throws StorageException {@link Kind#NOT_FOUND} if the object is gone
   * @since 1.4
   */
  default Optional<StoredChecksum> checksum(ObjectId id) throws StorageException {
    return Optional.empty();
  }

  /**
   * Creates or replaces an object in one request; durable when it returns.
   *
   * @param body borrowed until the call returns
   * @throws StorageException {@link Kind#ALREADY_EXISTS} if the options ask to create only and the
   *     object exists; {@link Kind#CORRUPT} if other bytes arrived than were sent, which then
   *     nobody sees and do not stand in the way of a repeat
   */
  default ObjectStat put(String key, PutOptions options, UploadBody body) throws StorageException {
    throw unsupported("put");
  }

  /** Starts an upload in parts; nothing is visible under the key until it completes. */
  @MustBeClosed
  default MultipartUpload startMultipartUpload(String key, PutOptions options)
      throws StorageException {
    throw unsupported("multipart upload");
  }

  /** Returns uploads under {@code prefix} that were started and neither completed nor aborted. */
  default List<PendingUpload> listUploads(String prefix) throws StorageException {
    throw unsupported("listing uploads");
  }

  /** Aborts an upload found by {@link #listUploads}; no error if it is gone. */
  default void abortUpload(PendingUpload upload) throws StorageException {
    throw unsupported("aborting an upload");
  }

  /**
   * Copies one version of an object to another key within the store, up to {@link
   * TransportCapabilities#maxCopySize}, in one request. What is returned has the metadata of the
   * options, none if the copy keeps those of the source.
   *
   * <p>It is for objects that hold bytes. Of a symbolic link it copies the link, never what that
   * points to; but only with options that keep the attributes of the source, and some stores cannot
   * tell whether the link is still the one meant: a caller who knows of a link puts it again.
   *
   * @param size the source's size in bytes, which stores do not tell of a copy
   * @param options how the copy is stored; if they have neither a content type nor metadata, it
   *     keeps those of the source
   * @throws StorageException {@link Kind#PRECONDITION_FAILED} if the source is another version now
   */
  default ObjectStat copy(ObjectId source, long size, String targetKey, PutOptions options)
      throws StorageException {
    throw unsupported("copy");
  }

  /** Copies an object whose size is not at hand, which takes a {@link #head} more. */
  default ObjectStat copy(ObjectId source, String targetKey, PutOptions options)
      throws StorageException {
    long size = capabilities().has(Feature.COPY) ? head(source.key()).size() : 0;
    return copy(source, size, targetKey, options);
  }

  /**
   * Creates or replaces a symbolic link; durable when it returns.
   *
   * @param target what {@link #readSymlink} will return: any text but the empty one, neither
   *     resolved nor checked, and not turned into a key
   * @throws StorageException {@link Kind#ALREADY_EXISTS} if the options ask to create only and the
   *     object exists; {@link Kind#INVALID_REQUEST} if the store cannot hold so long a target
   */
  default ObjectStat putSymlink(String key, String target, PutOptions options)
      throws StorageException {
    throw unsupported("symbolic links");
  }

  /**
   * Returns the target of a symbolic link, as it was given to {@link #putSymlink}.
   *
   * @throws StorageException {@link Kind#NOT_FOUND} if there is no such object, {@link
   *     Kind#INVALID_REQUEST} if it is no link
   */
  default String readSymlink(String key) throws StorageException {
    throw unsupported("symbolic links");
  }

  /**
   * Deletes objects, up to 1000; no error for those that do not exist. Of a symbolic link the link
   * is deleted. Durable when it returns.
   */
  default void delete(List<String> keys) throws StorageException {
    throw unsupported("delete");
  }

  /**
   * Abandons what is under way and gives up connections. Idempotent, never blocks on the network.
   */
  @Override
  void close();

  private StorageException unsupported(String what) {
    return new StorageException(Kind.UNSUPPORTED, location() + " does not offer " + what);
  }
}
