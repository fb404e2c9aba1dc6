// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cache.memory;

import io.sluicefs.spi.ByteRange;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import io.sluicefs.spi.cache.BlockLoader;
import io.sluicefs.spi.transport.ReadProgress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * One request for neighbouring blocks. It holds a pin of each until the block has landed, filled or
 * failed; used by the one thread that loads.
 */
final class Flight implements ReadProgress {
  private final MemoryBlockCache cache;
  private final CachedObject object;
  private final List<Block> blocks;
  private final ByteRange range;
  private int landed;
  private long landedBytes;

  Flight(MemoryBlockCache cache, CachedObject object, List<Block> blocks, ByteRange range) {
    this.cache = cache;
    this.object = object;
    this.blocks = blocks;
    this.range = range;
  }

  Block first() {
    return blocks.getFirst();
  }

  /** Returns the index after its last block. */
  long endIndex() {
    return blocks.getLast().index() + 1;
  }

  /**
   * Loads the blocks. Those announced stay whatever happens then.
   *
   * @throws StorageException the loader's; the blocks that have not landed fail with it
   */
  void run(BlockLoader loader) throws StorageException {
    try {
      loader.load(range, targets(), this);
      if (landed < blocks.size()) {
        throw new StorageException(
            Kind.CORRUPT,
            "%s: the loader announced %d of the bytes %s and returned"
                .formatted(object.id(), landedBytes, range));
      }
    } catch (StorageException e) {
      fail(e);
      throw e;
    } catch (RuntimeException | Error e) {
      fail(
          new StorageException(
              Kind.SERVER_ERROR, "%s: loading %s broke: %s".formatted(object.id(), range, e), e));
      throw e;
    } finally {
      cache.ended(object);
    }
  }

  @Override
  public void filled(long bytes) {
    int end = landed;
    long endBytes = landedBytes;
    while (end < blocks.size() && endBytes + blocks.get(end).length() <= bytes) {
      endBytes += blocks.get(end).length();
      end++;
    }
    if (end > landed) {
      List<Block> filled = blocks.subList(landed, end);
      landed = end;
      landedBytes = endBytes;
      cache.filled(filled);
    }
  }

  private void fail(StorageException why) {
    List<Block> missing = blocks.subList(landed, blocks.size());
    landed = blocks.size();
    if (!missing.isEmpty()) {
      cache.failed(missing, why);
    }
  }

  /** Returns the blocks' memory, what lies together in one buffer. */
  private ByteBuffer[] targets() {
    List<ByteBuffer> targets = new ArrayList<>();
    for (int i = 0; i < blocks.size(); ) {
      Block first = blocks.get(i);
      long bytes = first.length();
      int next = i + 1;
      while (next < blocks.size()
          && blocks.get(next - 1).slot().precedes(blocks.get(next).slot())) {
        bytes += blocks.get(next).length();
        next++;
      }
      targets.add(first.slot().memoryOf(bytes).asByteBuffer());
      i = next;
    }
    return targets.toArray(ByteBuffer[]::new);
  }
}
