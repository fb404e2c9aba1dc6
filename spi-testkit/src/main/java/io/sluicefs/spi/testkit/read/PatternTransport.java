// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.spi.testkit.read;

import io.sluicefs.spi.ByteRange;
import io.sluicefs.spi.ObjectId;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import io.sluicefs.spi.transport.ListPage;
import io.sluicefs.spi.transport.ListRequest;
import io.sluicefs.spi.transport.ObjectStat;
import io.sluicefs.spi.transport.ReadProgress;
import io.sluicefs.spi.transport.Transport;
import io.sluicefs.spi.transport.TransportCapabilities;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/**
 * A store in this process whose objects are reproducible patterns of any size, or given bytes. It
 * checks that it is called as the contract says, remembers every read, and fails or waits when told
 * to. Thread-safe; it cannot list.
 */
public final class PatternTransport implements Transport {
  private static final int PIECE = 64 << 10;
  private static final Instant MODIFIED = Instant.parse("2026-01-01T00:00:00Z");

  /** What an object holds. */
  private interface Content {
    void fill(long offset, ByteBuffer target);
  }

  private record Stored(ObjectId id, long size, Content content) {}

  private record Failure(Kind kind, long afterBytes) {}

  private final Map<String, Stored> objects = new ConcurrentHashMap<>();
  private final List<ByteRange> reads = new ArrayList<>();
  private final List<Failure> nextFailures = new ArrayList<>();
  private final Semaphore gate = new Semaphore(0);
  private volatile boolean gated;
  private volatile @Nullable Kind failing;
  private long bytes;
  private int atOnce;
  private int mostAtOnce;

  /** Creates an empty store. */
  public PatternTransport() {}

  /** Stores a pattern of {@code size} bytes that depends on key and etag. */
  public ObjectId add(String key, String etag, long size) {
    ObjectId id = new ObjectId(key, etag);
    long seed = mix(key.hashCode() * 31L + etag.hashCode());
    objects.put(key, new Stored(id, size, (offset, target) -> fillPattern(seed, offset, target)));
    return id;
  }

  /** Stores bytes. */
  public ObjectId add(String key, String etag, byte[] content) {
    ObjectId id = new ObjectId(key, etag);
    objects.put(
        key,
        new Stored(
            id,
            content.length,
            (offset, target) -> target.put(content, (int) offset, target.remaining())));
    return id;
  }

  /** Returns what a read of an object must give. */
  public byte[] expect(ObjectId id, long offset, int length) {
    Stored stored = objects.get(id.key());
    if (stored == null) {
      throw new IllegalArgumentException("no object " + id.key());
    }
    ByteBuffer target = ByteBuffer.allocate(length);
    stored.content.fill(offset, target);
    return target.array();
  }

  /** Makes every read fail from now on. */
  public void failAll(Kind kind) {
    failing = kind;
  }

  /** Makes reads succeed again. */
  public void recover() {
    failing = null;
  }

  /** Makes the next read that is not yet told to fail do so after some good bytes. */
  public synchronized void failNext(Kind kind, long afterBytes) {
    nextFailures.add(new Failure(kind, afterBytes));
  }

  /** Makes every read wait, before its first byte, until {@link #letPass} or {@link #open}. */
  public void hold() {
    gated = true;
  }

  /** Lets so many held reads pass. */
  public void letPass(int count) {
    gate.release(count);
  }

  /** Lets all reads pass, held ones and later ones. */
  public void open() {
    gated = false;
    gate.release(1 << 20);
  }

  /** Returns the ranges asked for, in order. */
  public synchronized List<ByteRange> reads() {
    return List.copyOf(reads);
  }

  /** Returns the number of reads asked for. */
  public synchronized int requests() {
    return reads.size();
  }

  /** Returns the bytes that left the store. */
  public synchronized long bytes() {
    return bytes;
  }

  /** Returns how many reads are under way now. */
  public synchronized int atOnce() {
    return atOnce;
  }

  /** Returns how many reads were under way at once, at most. */
  public synchronized int mostAtOnce() {
    return mostAtOnce;
  }

  @Override
  public String location() {
    return "pattern:";
  }

  @Override
  public TransportCapabilities capabilities() {
    return TransportCapabilities.readOnly();
  }

  @Override
  public ObjectStat head(String key) throws StorageException {
    Stored stored = find(key);
    return new ObjectStat(stored.id, stored.size, MODIFIED, ObjectStat.Type.DATA, Map.of());
  }

  @Override
  public ListPage list(ListRequest request) throws StorageException {
    throw new StorageException(Kind.UNSUPPORTED, "a pattern store does not list");
  }

  @Override
  public void read(ObjectId id, ByteRange range, ByteBuffer[] target, ReadProgress progress)
      throws StorageException {
    check(range, target);
    Failure failure = begin(range);
    try {
      Stored stored = find(id.key());
      if (!stored.id.equals(id)) {
        throw new StorageException(
            Kind.PRECONDITION_FAILED, id.key() + " is " + stored.id.etag() + " now");
      }
      if (range.end() > stored.size) {
        throw new AssertionError(range + " is not within the " + stored.size + " bytes of " + id);
      }
      if (gated) {
        gate.acquire();
      }
      send(stored, range, target, progress, failure);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StorageException(Kind.CANCELLED, "interrupted", e);
    } finally {
      end();
    }
  }

  private void send(
      Stored stored,
      ByteRange range,
      ByteBuffer[] target,
      ReadProgress progress,
      @Nullable Failure failure)
      throws StorageException, InterruptedException {
    long offset = range.start();
    for (ByteBuffer buffer : target) {
      while (buffer.hasRemaining()) {
        if (Thread.interrupted()) {
          throw new InterruptedException();
        }
        Kind all = failing;
        if (all != null) {
          throw new StorageException(all, "told to fail every read");
        }
        int length = Math.min(PIECE, buffer.remaining());
        long sent = offset - range.start();
        if (failure != null) {
          length = (int) Math.min(length, failure.afterBytes - sent);
          if (length == 0) {
            throw new StorageException(failure.kind, "told to fail after " + sent + " bytes");
          }
        }
        ByteBuffer piece = buffer.slice(buffer.position(), length);
        stored.content.fill(offset, piece);
        buffer.position(buffer.position() + length);
        offset += length;
        count(length);
        progress.filled(offset - range.start());
      }
    }
  }

  @Override
  public void close() {}

  private static void check(ByteRange range, ByteBuffer[] target) {
    long remaining = 0;
    for (ByteBuffer buffer : target) {
      if (!buffer.isDirect()) {
        throw new AssertionError("a target is not a direct buffer");
      }
      remaining += buffer.remaining();
    }
    if (range.isEmpty() || remaining != range.length()) {
      throw new AssertionError(range + " does not fill " + remaining + " bytes");
    }
  }

  private synchronized @Nullable Failure begin(ByteRange range) {
    reads.add(range);
    atOnce++;
    mostAtOnce = Math.max(mostAtOnce, atOnce);
    return nextFailures.isEmpty() ? null : nextFailures.removeFirst();
  }

  private synchronized void end() {
    atOnce--;
  }

  private synchronized void count(int length) {
    bytes += length;
  }

  private Stored find(String key) throws StorageException {
    Stored stored = objects.get(key);
    if (stored == null) {
      throw new StorageException(Kind.NOT_FOUND, "no object " + key);
    }
    return stored;
  }

  private static void fillPattern(long seed, long offset, ByteBuffer target) {
    target.order(ByteOrder.LITTLE_ENDIAN);
    long at = offset;
    while (target.hasRemaining()) {
      long word = mix(seed + (at >>> 3));
      int skip = (int) (at & 7);
      if (skip == 0 && target.remaining() >= Long.BYTES) {
        target.putLong(word);
        at += Long.BYTES;
      } else {
        target.put((byte) (word >>> (8 * skip)));
        at++;
      }
    }
  }

  private static long mix(long value) {
    long z = (value ^ (value >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    return z ^ (z >>> 31);
  }
}
