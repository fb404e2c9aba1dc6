// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.integrity;

import io.sluicefs.kernel.transport.ForwardingTransport;
import io.sluicefs.spi.ByteRange;
import io.sluicefs.spi.ObjectId;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.transport.RangeChecksum;
import io.sluicefs.spi.transport.ReadProgress;
import io.sluicefs.spi.transport.StoredChecksum;
import io.sluicefs.spi.transport.Transport;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** A way from a store on which a bit changes, and the checksums the store keeps. */
final class ChangedBits extends ForwardingTransport {
  private static final int STEP = 4096;

  /** A polynomial hash, which is put together as CRCs are. */
  static final RangeChecksum HASH =
      new RangeChecksum() {
        private static final long FACTOR = 0x9E3779B97F4A7C15L;

        @Override
        public String title() {
          return "hash";
        }

        @Override
        public long of(MemorySegment bytes) {
          long hash = 0;
          for (byte one : bytes.toArray(java.lang.foreign.ValueLayout.JAVA_BYTE)) {
            hash = hash * FACTOR + one + 1;
          }
          return hash;
        }

        @Override
        public long combine(long first, long second, long secondLength) {
          long power = 1;
          long square = FACTOR;
          for (long left = secondLength; left > 0; left >>>= 1) {
            power *= (left & 1) == 0 ? 1 : square;
            square *= square;
          }
          return first * power + second;
        }
      };

  private final Map<ObjectId, StoredChecksum> kept = new ConcurrentHashMap<>();
  private final AtomicInteger questions = new AtomicInteger();
  private volatile long changed = -1;

  ChangedBits(Transport store) {
    super(store);
  }

  /** Keeps the checksum of an object. */
  void keep(ObjectId id, byte[] content) {
    kept.put(id, new StoredChecksum(HASH, HASH.of(MemorySegment.ofArray(content)), content.length));
  }

  /** Changes a bit of the byte at an offset whenever it passes; of none if negative. */
  void change(long offset) {
    changed = offset;
  }

  int questions() {
    return questions.get();
  }

  @Override
  public Optional<StoredChecksum> checksum(ObjectId id) {
    questions.incrementAndGet();
    return Optional.ofNullable(kept.get(id));
  }

  @Override
  public void read(ObjectId id, ByteRange range, ByteBuffer[] target, ReadProgress progress)
      throws StorageException {
    ByteBuffer views = target[0].duplicate();
    long[] announced = {0};
    super.read(
        id,
        range,
        target,
        bytes -> {
          long at = changed - range.start();
          if (at >= announced[0] && at < bytes) {
            int index = views.position() + (int) at;
            views.put(index, (byte) (views.get(index) ^ 4));
          }
          for (long next = announced[0] + STEP; next < bytes; next += STEP) {
            progress.filled(next);
          }
          announced[0] = bytes;
          progress.filled(bytes);
        });
  }
}
