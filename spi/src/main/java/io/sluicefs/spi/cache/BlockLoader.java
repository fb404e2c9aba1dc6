// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.spi.cache;

import io.sluicefs.spi.ByteRange;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.transport.ReadProgress;
import java.nio.ByteBuffer;

/**
 * Reads bytes of one version of one object into memory of the caller: what a cache fills its misses
 * with. Thread-safe.
 */
@FunctionalInterface
public interface BlockLoader {
  /**
   * Fills {@code target} with {@code range}, under the contract of {@link
   * io.sluicefs.spi.transport.Transport#read}.
   *
   * <p>Bytes that were announced may be handed out, given up, and their memory filled with others
   * before this returns. A loader that needs them for itself, to keep them, copies them or notes
   * their checksum before it announces them.
   *
   * @param range not empty, within the object; starts on a block of the calling cache and ends on
   *     one or at the object's end
   * @param target direct buffers, {@code range.length()} bytes remaining in all; borrowed until
   *     return
   */
  void load(ByteRange range, ByteBuffer[] target, ReadProgress progress) throws StorageException;
}
