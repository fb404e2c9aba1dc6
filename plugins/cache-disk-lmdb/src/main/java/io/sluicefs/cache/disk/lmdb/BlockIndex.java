// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cache.disk.lmdb;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.errorprone.annotations.MustBeClosed;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.lmdbjava.ByteArrayProxy;
import org.lmdbjava.Cursor;
import org.lmdbjava.Dbi;
import org.lmdbjava.DbiFlags;
import org.lmdbjava.Env;
import org.lmdbjava.Env.MapFullException;
import org.lmdbjava.EnvFlags;
import org.lmdbjava.GetOp;
import org.lmdbjava.LmdbException;
import org.lmdbjava.LmdbNativeException;
import org.lmdbjava.PutFlags;
import org.lmdbjava.Stat;
import org.lmdbjava.Txn;

/**
 * What is kept and where, in LMDB. Records are copied out, so that a transaction ends before its
 * answer is used: none is ever held over a read of blocks or a request. Thread-safe; one process
 * updates at a time, others may read and {@linkplain #ask ask}.
 *
 * <p>Commits are synced: after a crash of the host LMDB's tree is whole, though it may name blocks
 * whose bytes never came to the disk; those do not have their checksum.
 */
final class BlockIndex implements AutoCloseable {
  /** The errno of a full disk. Source: asm-generic/errno.h. */
  private static final int ENOSPC = 28;

  private static final int READERS = 64;
  private static final byte[] NOTHING = new byte[0];
  private static final String COUNTER = "count-";
  private static final String REQUEST = "request-";

  /** Changes the index in one transaction. */
  @FunctionalInterface
  interface Change {
    void make(Update update) throws DiskException;
  }

  /** Reads the index in one transaction. */
  @FunctionalInterface
  private interface Question<R> {
    R ask(Txn<byte[]> txn);
  }

  /**
   * What another process wants done.
   *
   * @param name of its record
   * @param verb what
   * @param object number of the object
   */
  record Request(String name, Verb verb, long object) {}

  /** What another process may want done. */
  enum Verb {
    EVICT('e'),
    PIN('p'),
    UNPIN('u');

    private final char code;

    Verb(char code) {
      this.code = code;
    }

    private static @Nullable Verb of(char code) {
      for (Verb verb : values()) {
        if (verb.code == code) {
          return verb;
        }
      }
      return null;
    }
  }

  /**
   * LMDB's handles of the index while it is open.
   *
   * @param objects records of objects by number
   * @param extents where blocks are, by object and place
   * @param regions records of regions by number
   * @param contents what is in each region
   * @param state counts, and what other processes want done
   */
  private record Tables(
      Env<byte[]> env,
      Dbi<byte[]> objects,
      Dbi<byte[]> extents,
      Dbi<byte[]> regions,
      Dbi<byte[]> contents,
      Dbi<byte[]> state) {
    static Tables of(Env<byte[]> env) {
      return new Tables(
          env,
          env.openDbi("objects", DbiFlags.MDB_CREATE),
          env.openDbi("extents", DbiFlags.MDB_CREATE),
          env.openDbi("regions", DbiFlags.MDB_CREATE),
          env.openDbi("contents", DbiFlags.MDB_CREATE),
          env.openDbi("state", DbiFlags.MDB_CREATE));
    }
  }

  private final Path folder;
  private final long size;
  private final int blockSize;
  private final ReentrantLock reading = new ReentrantLock();

  /** Replaced by whoever updates, under the lock of those who read. */
  private volatile Tables tables;

  private volatile boolean broken;
  private volatile long usedBytes;
  private boolean closed;

  private BlockIndex(Path folder, long size, int blockSize, Tables tables) {
    this.folder = folder;
    this.size = size;
    this.blockSize = blockSize;
    this.tables = tables;
  }

  /**
   * Opens an index whose pages were checked.
   *
   * @param size most bytes of its file
   * @throws IOException if LMDB does not take it
   */
  @MustBeClosed
  static BlockIndex open(Path folder, long size, int blockSize) throws IOException {
    return new BlockIndex(folder, size, blockSize, openTables(folder, size));
  }

  private static Tables openTables(Path folder, long size) throws IOException {
    LmdbLibrary.load();
    Files.createDirectories(folder);
    Env<byte[]> env = null;
    try {
      env =
          Env.create(ByteArrayProxy.PROXY_BA)
              .setMapSize(size)
              .setMaxDbs(5)
              .setMaxReaders(READERS)
              .open(folder.toFile(), 0600, EnvFlags.MDB_NOTLS, EnvFlags.MDB_NORDAHEAD);
      env.readerCheck();
      return Tables.of(env);
    } catch (LmdbException e) {
      if (env != null) {
        env.close();
      }
      if (e instanceof LmdbNativeException.PageCorruptedException
          || e instanceof LmdbNativeException.PageNotFoundException
          || e instanceof Env.FileInvalidException
          || e instanceof Env.VersionMismatchException
          || e instanceof Dbi.IncompatibleException) {
        throw new DamagedIndexException(String.valueOf(e.getMessage()), e);
      }
      throw failure(e);
    }
  }

  /** Returns the extents that have some of {@code count} blocks from {@code first}, in order. */
  List<Extent> find(long object, int first, int count) throws DiskException {
    return read(
        txn -> {
          List<Extent> found = new ArrayList<>();
          int from = Math.max(0, first - Extent.MOST_BLOCKS + 1);
          try (Cursor<byte[]> cursor = tables.extents.openCursor(txn)) {
            boolean more = cursor.get(Extent.key(object, from), GetOp.MDB_SET_RANGE);
            while (more && Extent.objectOf(cursor.key()) == object) {
              int start = Extent.startOf(cursor.key());
              if (start >= first + count) {
                break;
              }
              Extent extent = Extent.of(cursor.key(), cursor.val());
              if (extent != null && start + extent.count() > first) {
                found.add(extent);
              }
              more = cursor.next();
            }
          }
          return found;
        });
  }

  /** Hands over each extent of an object, or of all, and its object's number. */
  void extents(@Nullable Long object, BiConsumer<Long, Extent> target) throws DiskException {
    read(
        txn -> {
          try (Cursor<byte[]> cursor = tables.extents.openCursor(txn)) {
            boolean more =
                object == null
                    ? cursor.first()
                    : cursor.get(Extent.key(object, 0), GetOp.MDB_SET_RANGE);
            while (more && (object == null || Extent.objectOf(cursor.key()) == object)) {
              Extent extent = Extent.of(cursor.key(), cursor.val());
              if (extent != null) {
                target.accept(extent.object(), extent);
              }
              more = cursor.next();
            }
          }
          return true;
        });
  }

  @Nullable ObjectRecord object(long number) throws DiskException {
    byte[] key = ObjectRecord.key(number);
    byte[] value = read(txn -> tables.objects.get(txn, key));
    return value == null ? null : ObjectRecord.of(key, value);
  }

  List<ObjectRecord> objects() throws DiskException {
    return read(
        txn -> {
          List<ObjectRecord> all = new ArrayList<>();
          each(txn, tables.objects, (key, value) -> addIfWhole(all, ObjectRecord.of(key, value)));
          return all;
        });
  }

  private static void addIfWhole(List<ObjectRecord> all, @Nullable ObjectRecord object) {
    if (object != null) {
      all.add(object);
    }
  }

  /** Returns the records of regions by number. */
  SequencedMap<Integer, RegionRecord> regions() throws DiskException {
    return read(
        txn -> {
          SequencedMap<Integer, RegionRecord> all = new TreeMap<>();
          each(
              txn,
              tables.regions,
              (key, value) -> {
                RegionRecord region = RegionRecord.of(key, value);
                if (region != null) {
                  all.put(RegionRecord.regionOf(key), region);
                }
              });
          return all;
        });
  }

  /** Returns the counts that were {@linkplain Update#count noted}. */
  SequencedMap<String, Long> counts() throws DiskException {
    return read(
        txn -> {
          SequencedMap<String, Long> all = new TreeMap<>();
          each(
              txn,
              tables.state,
              (key, value) -> {
                String name = new String(key, UTF_8);
                ByteBuffer in = Records.open(key, value);
                if (name.startsWith(COUNTER) && in != null) {
                  all.put(name.substring(COUNTER.length()), in.getLong());
                }
              });
          return all;
        });
  }

  /** Returns what other processes want done and nobody has done yet. */
  List<Request> requests() throws DiskException {
    return read(
        txn -> {
          List<Request> all = new ArrayList<>();
          each(
              txn,
              tables.state,
              (key, value) -> {
                String name = new String(key, UTF_8);
                ByteBuffer in = Records.open(key, value);
                Verb verb = in != null && name.startsWith(REQUEST) ? Verb.of(in.getChar()) : null;
                if (in != null && verb != null) {
                  all.add(new Request(name, verb, in.getLong()));
                }
              });
          return all;
        });
  }

  /** Leaves a request for the process that updates; it is done when it is no longer there. */
  Request ask(Verb verb, long object) throws DiskException {
    String name = REQUEST + ProcessHandle.current().pid() + "-" + System.nanoTime();
    byte[] key = name.getBytes(UTF_8);
    byte[] value =
        Records.seal(
            key,
            ByteBuffer.allocate(Character.BYTES + Long.BYTES + Integer.BYTES)
                .putChar(verb.code)
                .putLong(object));
    update(update -> update.put(tables.state, key, value));
    return new Request(name, verb, object);
  }

  boolean isDone(Request request) throws DiskException {
    return read(txn -> tables.state.get(txn, request.name().getBytes(UTF_8)) == null);
  }

  /** Changes it, all or nothing. */
  void update(Change change) throws DiskException {
    if (broken) {
      openAgain();
    }
    try (Txn<byte[]> txn = tables.env.txnWrite()) {
      change.make(new Update(txn));
      long used = used(txn);
      txn.commit();
      usedBytes = used;
    } catch (LmdbException e) {
      throw noted(e);
    }
  }

  /**
   * LMDB does nothing any more once it could not write its first pages. The disk may work again,
   * and the last transaction that was committed is there.
   */
  private void openAgain() throws DiskException {
    reading.lock();
    try {
      if (closed) {
        throw new DiskException("the index is closed", false);
      }
      IndexPages.check(folder.resolve(CacheDirectory.LMDB_DATA));
      tables.env.close();
      tables = openTables(folder, size);
      broken = false;
    } catch (IOException e) {
      throw new DiskException("the index cannot be opened again: " + e.getMessage(), e);
    } finally {
      reading.unlock();
    }
  }

  private DiskException noted(LmdbException e) {
    if (e instanceof LmdbNativeException.PanicException) {
      broken = true;
    }
    return failure(e);
  }

  /** Returns the bytes of the pages in use at the last update. */
  long usedBytes() {
    return usedBytes;
  }

  /** Returns whether this thread has a transaction open that reads. */
  boolean isBeingRead() {
    return reading.isHeldByCurrentThread();
  }

  private <R> R read(Question<R> question) throws DiskException {
    reading.lock();
    try {
      if (closed) {
        throw new DiskException("the index is closed", false);
      }
      try (Txn<byte[]> txn = tables.env.txnRead()) {
        return question.ask(txn);
      } catch (LmdbException e) {
        throw noted(e);
      }
    } finally {
      reading.unlock();
    }
  }

  private long used(Txn<byte[]> txn) {
    long bytes = 0;
    Tables all = tables;
    for (Dbi<byte[]> table :
        List.of(all.objects, all.extents, all.regions, all.contents, all.state)) {
      Stat stat = table.stat(txn);
      bytes += (stat.branchPages + stat.leafPages + stat.overflowPages) * stat.pageSize;
    }
    return bytes;
  }

  private static void each(Txn<byte[]> txn, Dbi<byte[]> table, BiConsumer<byte[], byte[]> target) {
    try (Cursor<byte[]> cursor = table.openCursor(txn)) {
      for (boolean more = cursor.first(); more; more = cursor.next()) {
        target.accept(cursor.key(), cursor.val());
      }
    }
  }

  private static DiskException failure(LmdbException e) {
    if (e instanceof MapFullException
        || (e instanceof LmdbNativeException call && call.getResultCode() == ENOSPC)) {
      return new DiskException("the index is full: " + e.getMessage(), true);
    }
    return new DiskException("the index failed: " + e.getMessage(), e);
  }

  /** Closes it; whoever reads waits no longer. Idempotent; nobody may be updating it. */
  @Override
  public void close() {
    reading.lock();
    try {
      if (!closed) {
        closed = true;
        tables.env.close();
      }
    } finally {
      reading.unlock();
    }
  }

  /** One transaction that changes the index. */
  final class Update {
    private final Txn<byte[]> txn;

    private Update(Txn<byte[]> txn) {
      this.txn = txn;
    }

    @Nullable ObjectRecord object(long number) {
      byte[] key = ObjectRecord.key(number);
      byte[] value = tables.objects.get(txn, key);
      return value == null ? null : ObjectRecord.of(key, value);
    }

    void put(ObjectRecord object) {
      put(tables.objects, ObjectRecord.key(object.number()), object.value());
    }

    void put(Extent extent) {
      byte[] key = extent.key();
      byte[] value = extent.value();
      if (!tables.extents.put(txn, key, value, PutFlags.MDB_NOOVERWRITE)) {
        replace(key, value, extent.count());
      }
      put(tables.contents, contentKey(extent), NOTHING);
    }

    /** A block that was bad is back; those after it are where they were. */
    private void replace(byte[] key, byte[] value, int count) {
      Extent replaced = Extent.of(key, tables.extents.get(txn, key));
      put(tables.extents, key, value);
      if (replaced != null && replaced.count() > count) {
        Extent rest = replaced.from(count, blockSize);
        if (tables.extents.put(txn, rest.key(), rest.value(), PutFlags.MDB_NOOVERWRITE)) {
          put(tables.contents, contentKey(rest), NOTHING);
        }
      }
    }

    void put(int region, RegionRecord record) {
      put(tables.regions, RegionRecord.key(region), record.value(region));
    }

    void count(String name, long value) {
      byte[] key = (COUNTER + name).getBytes(UTF_8);
      put(
          tables.state,
          key,
          Records.seal(key, ByteBuffer.allocate(Long.BYTES + Integer.BYTES).putLong(value)));
    }

    void done(Request request) {
      tables.state.delete(txn, request.name().getBytes(UTF_8));
    }

    /** Forgets an extent, unless another has taken its place in the index. */
    void remove(Extent extent) {
      tables.contents.delete(txn, contentKey(extent));
      if (isIndexed(extent.key(), extent.region())) {
        tables.extents.delete(txn, extent.key());
      }
      forgetIfEmpty(extent.object());
    }

    /** Marks a bad block, unless its extent is gone. */
    void remove(Extent extent, int block) {
      byte[] value = tables.extents.get(txn, extent.key());
      Extent now = value == null ? null : Extent.of(extent.key(), value);
      if (now == null
          || now.region() != extent.region()
          || now.generation() != extent.generation()) {
        return;
      }
      Extent less = now.without(block);
      if (less.isDead()) {
        remove(now);
      } else {
        put(tables.extents, less.key(), less.value());
      }
    }

    /** Forgets a region and all that is in it. */
    void removeRegion(int region) {
      byte[] prefix = RegionRecord.key(region);
      List<byte[]> keys = new ArrayList<>();
      try (Cursor<byte[]> cursor = tables.contents.openCursor(txn)) {
        boolean more = cursor.get(prefix, GetOp.MDB_SET_RANGE);
        while (more && RegionRecord.regionOf(cursor.key()) == region) {
          keys.add(cursor.key());
          more = cursor.next();
        }
      }
      for (byte[] content : keys) {
        tables.contents.delete(txn, content);
        byte[] key = Arrays.copyOfRange(content, Integer.BYTES, content.length);
        if (isIndexed(key, region)) {
          tables.extents.delete(txn, key);
        }
      }
      keys.stream()
          .mapToLong(key -> ByteBuffer.wrap(key).getLong(Integer.BYTES))
          .distinct()
          .forEach(this::forgetIfEmpty);
      tables.regions.delete(txn, prefix);
    }

    private boolean isIndexed(byte[] key, int region) {
      byte[] value = tables.extents.get(txn, key);
      if (value == null) {
        return false;
      }
      Extent extent = Extent.of(key, value);
      return extent == null || extent.region() == region;
    }

    private void forgetIfEmpty(long object) {
      try (Cursor<byte[]> cursor = tables.extents.openCursor(txn)) {
        if (cursor.get(Extent.key(object, 0), GetOp.MDB_SET_RANGE)
            && Extent.objectOf(cursor.key()) == object) {
          return;
        }
      }
      tables.objects.delete(txn, ObjectRecord.key(object));
    }

    private byte[] contentKey(Extent extent) {
      return ByteBuffer.allocate(Integer.BYTES + Long.BYTES + Integer.BYTES)
          .putInt(extent.region())
          .putLong(extent.object())
          .putInt(extent.start())
          .array();
    }

    private void put(Dbi<byte[]> table, byte[] key, byte[] value) {
      table.put(txn, key, value);
    }
  }
}
