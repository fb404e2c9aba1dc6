// SPDX-License-Identifier: Apache-2.0
package org.example.sluice.cache.valkey;

import io.sluicefs.spi.ByteRange;
import io.sluicefs.spi.ObjectId;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import io.sluicefs.spi.cache.BlockLoader;
import io.sluicefs.spi.transport.ReadProgress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BooleanSupplier;

/**
 * The blocks of one version of an object on the server, and how a range of them is read: what the
 * server has comes from there, the rest from the loader, and is then kept.
 *
 * <p>A block's key on the server is {@code sluice:<digest>:<number>}. The digest is of everything
 * that makes its bytes those they are: the location of the bucket, key, etag, size and block size.
 * Hosts that mount a bucket under the same location share its blocks.
 */
final class SharedBlocks {
  private static final int DIGEST_BYTES = 20;
  private static final int KEYS_AT_ONCE = 1000;

  private final ValkeyServer server;
  private final long size;
  private final int blockSize;
  private final String keyPrefix;
  private final LongAdder hits;
  private final LongAdder misses;
  private final LongAdder kept;
  private final BooleanSupplier keeps;

  /**
   * Creates the blocks of an object.
   *
   * @param keeps whether what is loaded is kept: not once the object was discarded
   */
  SharedBlocks(
      ValkeyServer server,
      String location,
      ObjectId id,
      long size,
      int blockSize,
      Counts counts,
      BooleanSupplier keeps) {
    this.server = server;
    this.size = size;
    this.blockSize = blockSize;
    this.keyPrefix = "sluice:" + digest(location, id, size, blockSize) + ":";
    this.hits = counts.hits();
    this.misses = counts.misses();
    this.kept = counts.kept();
    this.keeps = keeps;
  }

  /**
   * What all objects of a cache count together, in blocks.
   *
   * @param hits that the server had
   * @param misses that it had not
   * @param kept that it took
   */
  record Counts(LongAdder hits, LongAdder misses, LongAdder kept) {
    Counts() {
      this(new LongAdder(), new LongAdder(), new LongAdder());
    }
  }

  private static String digest(String location, ObjectId id, long size, int blockSize) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      for (String part : List.of(location, id.key(), id.etag(), size + " " + blockSize)) {
        byte[] bytes = part.getBytes(StandardCharsets.UTF_8);
        digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(bytes.length).flip());
        digest.update(bytes);
      }
      return HexFormat.of().formatHex(digest.digest(), 0, DIGEST_BYTES);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has it", e);
    }
  }

  long size() {
    return size;
  }

  int blockSize() {
    return blockSize;
  }

  /** Returns the number of blocks. */
  long count() {
    return (size + blockSize - 1) / blockSize;
  }

  /** Returns the bytes of a run of blocks. */
  ByteRange range(long first, long end) {
    return new ByteRange(first * blockSize, Math.min(size, end * blockSize));
  }

  /** Returns whether a range is one of whole blocks. */
  boolean isWhole(ByteRange range) {
    return range.start() % blockSize == 0 && (range.end() % blockSize == 0 || range.end() == size);
  }

  /**
   * Reads whole blocks, as {@link BlockLoader#load} does.
   *
   * @return the bytes that came from the loader
   */
  long load(ByteRange range, ByteBuffer[] target, ReadProgress progress, BlockLoader loader)
      throws StorageException {
    Span memory = new Span(target);
    long first = range.start() / blockSize;
    int count = (int) ((range.end() - 1) / blockSize - first + 1);
    List<byte[]> keys = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      keys.add(key(first + i));
    }
    BitSet found = ask(keys, borrow(memory, range, count));
    hits.add(found.cardinality());
    misses.add(count - found.cardinality());

    List<BorrowedBytes> blocks = borrow(memory, range, count);
    Announcements announced = new Announcements(progress, range.length());
    long loaded = 0;
    for (int from = found.nextClearBit(0); from < count; ) {
      int to = found.nextSetBit(from) < 0 ? count : found.nextSetBit(from);
      long base = (long) from * blockSize;
      announced.upTo(base);
      ByteRange missing = range(first + from, first + to);
      Seals seals = new Seals(blocks.subList(from, to));
      loader.load(
          missing,
          memory.slices(base, base + missing.length()),
          bytes -> {
            seals.upTo(bytes);
            announced.upTo(base + bytes);
          });
      announced.requireUpTo(base + missing.length());
      loaded += missing.length();
      from = found.nextClearBit(to);
    }
    announced.upTo(range.length());
    for (ByteBuffer buffer : target) {
      buffer.position(buffer.limit());
    }
    keep(keys, blocks, found);
    return loaded;
  }

  private byte[] key(long block) {
    return (keyPrefix + block).getBytes(StandardCharsets.US_ASCII);
  }

  /** Removes all blocks from the server. */
  void discard() {
    List<byte[]> keys = new ArrayList<>();
    for (long block = 0; block < count(); block++) {
      keys.add(key(block));
      if (keys.size() == KEYS_AT_ONCE || block + 1 == count()) {
        server.remove(keys);
        keys = new ArrayList<>();
      }
    }
  }

  private BitSet ask(List<byte[]> keys, List<BorrowedBytes> targets) throws StorageException {
    try {
      return server.read(keys, targets);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StorageException(Kind.CANCELLED, "interrupted while the cache was asked", e);
    }
  }

  private void keep(List<byte[]> keys, List<BorrowedBytes> blocks, BitSet found) {
    List<byte[]> missingKeys = new ArrayList<>();
    List<BorrowedBytes> missing = new ArrayList<>();
    for (int i = found.nextClearBit(0); i < keys.size(); i = found.nextClearBit(i + 1)) {
      missingKeys.add(keys.get(i));
      missing.add(blocks.get(i));
    }
    if (!missing.isEmpty() && keeps.getAsBoolean()) {
      kept.add(server.write(missingKeys, missing));
    }
  }

  private List<BorrowedBytes> borrow(Span memory, ByteRange range, int count) {
    List<BorrowedBytes> blocks = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      long from = (long) i * blockSize;
      blocks.add(
          new BorrowedBytes(memory.slices(from, Math.min(range.length(), from + blockSize))));
    }
    return blocks;
  }

  /** Seals the blocks of a run as they come, before anybody is told. */
  private static final class Seals {
    private final Iterator<BorrowedBytes> unsealed;
    private BorrowedBytes next;
    private long end;

    Seals(List<BorrowedBytes> run) {
      unsealed = run.iterator();
      advance();
    }

    void upTo(long bytes) {
      while (next != null && end <= bytes) {
        next.seal();
        advance();
      }
    }

    private void advance() {
      next = unsealed.hasNext() ? unsealed.next() : null;
      end += next == null ? 0 : next.length();
    }
  }

  /** Says how far a read has come, each place once. */
  private static final class Announcements {
    private final ReadProgress progress;
    private final long length;
    private long reached;

    Announcements(ReadProgress progress, long length) {
      this.progress = progress;
      this.length = length;
    }

    void upTo(long bytes) {
      if (bytes > reached) {
        reached = Math.min(bytes, length);
        progress.filled(reached);
      }
    }

    void requireUpTo(long bytes) throws StorageException {
      if (reached < bytes) {
        throw new StorageException(
            Kind.CORRUPT, "%d of %d bytes were announced".formatted(reached, bytes));
      }
    }
  }
}
