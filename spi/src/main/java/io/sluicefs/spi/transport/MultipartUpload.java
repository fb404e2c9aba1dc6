// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.spi.transport;

import io.sluicefs.spi.ByteRange;
import io.sluicefs.spi.ObjectId;
import io.sluicefs.spi.StorageException;
import java.util.List;

/**
 * An object being uploaded in parts. Parts may be sent from several threads at once and in any
 * order; a part sent again replaces the one before. Close aborts unless {@link #complete} returned.
 */
public interface MultipartUpload extends AutoCloseable {
  /**
   * A part the store has.
   *
   * @param number from 1, as the store counts
   * @param etag what the store named it
   * @param size in bytes
   */
  record Part(int number, String etag, long size) {}

  /** Returns the store's name of this upload, for a later {@link Transport#abortUpload}. */
  String uploadId();

  /** Sends one part; {@code body} is borrowed until the call returns. */
  Part uploadPart(int number, UploadBody body) throws StorageException;

  /** Makes a part of a range of an object that is in the store already. */
  Part uploadPartCopy(int number, ObjectId source, ByteRange range) throws StorageException;

  /**
   * Makes the object of {@code parts} in the order of their numbers, whatever theirs in the list;
   * durable and visible when it returns. A repeat after a lost answer finds the object it made.
   *
   * @throws StorageException {@link StorageException.Kind#CORRUPT} if the store says that it has
   *     other bytes than were sent or copied, as far as it says so
   */
  ObjectStat complete(List<Part> parts) throws StorageException;

  /** Aborts if not complete: best effort, idempotent, never blocks on the network. */
  @Override
  void close();
}
