// SPDX-License-Identifier: Apache-2.0
import com.sun.nio.file.ExtendedOpenOption;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Locale;
import java.util.Random;
import java.util.zip.CRC32C;
import org.lmdbjava.Dbi;
import org.lmdbjava.DbiFlags;
import org.lmdbjava.Env;
import org.lmdbjava.EnvFlags;
import org.lmdbjava.PutFlags;
import org.lmdbjava.Txn;

/**
 * Where the disk cache could keep the bytes of its blocks: as values of LMDB, or in a slab file whose
 * index is in LMDB. Writes a GiB in runs of 8 MiB, reads it with a cold page cache, replaces half of
 * it, and prints what that took. Usage: see benchmarks/disk.sh.
 */
public final class BlockStorage {
  private static final int BLOCK = 128 << 10;
  private static final int RUN = 64;
  private static final int BLOCKS = 8192;

  private BlockStorage() {}

  /** A way to keep blocks. */
  private interface Storage extends AutoCloseable {
    void write(int first, ByteBuffer run) throws IOException;

    void read(int first, ByteBuffer run) throws IOException;

    void delete(int first) throws IOException;

    @Override
    void close() throws IOException;
  }

  /** Something that is measured. */
  private interface Work {
    void run() throws Exception;
  }

  public static void main(String[] arguments) throws Exception {
    Path folder = Path.of(arguments[0]);
    ByteBuffer run =
        Arena.global().allocate((long) RUN * BLOCK, 4096).asByteBuffer();
    new Random(1).ints((long) RUN * BLOCK / 4).forEach(run::putInt);
    checksum(run);
    System.out.printf(
        "%-34s %8s %10s %12s%n", "blocks in", "GB/s", "CPU-s/GiB", "file MiB");
    Path values = Files.createDirectories(folder.resolve("values"));
    measure("LMDB values, synced each 64 MiB", new Values(values), run, values.resolve("data.mdb"));
    Path slab = folder.resolve("slab");
    measure("slab, through the page cache", new Slab(slab, false), run, slab);
    Files.delete(slab);
    measure("slab, O_DIRECT", new Slab(slab, true), run, slab);
  }

  private static void checksum(ByteBuffer run) throws Exception {
    CRC32C crc = new CRC32C();
    for (int i = 0; i < 200; i++) {
      crc.update(run.duplicate().clear());
    }
    row(
        "(CRC-32C of the JDK)",
        () -> {
          for (int i = 0; i < BLOCKS / RUN; i++) {
            crc.update(run.duplicate().clear());
          }
        },
        0);
  }

  private static void measure(String name, Storage storage, ByteBuffer run, Path file)
      throws Exception {
    try (storage) {
      row(name + ": write", () -> writeAll(storage, run), Files.size(file));
      Files.writeString(Path.of("/proc/sys/vm/drop_caches"), "1");
      row(name + ": read", () -> readAll(storage, run), Files.size(file));
      row(
          name + ": half again",
          () -> {
            for (int first = 0; first < BLOCKS; first += 2 * RUN) {
              storage.delete(first);
              storage.write(first, run.clear());
            }
            for (int first = RUN; first < BLOCKS; first += 2 * RUN) {
              storage.delete(first);
              storage.write(first, run.clear());
            }
          },
          Files.size(file));
      System.out.printf("%-34s %8s %10s %12d%n", "  then", "", "", Files.size(file) >> 20);
    }
  }

  private static void writeAll(Storage storage, ByteBuffer run) throws IOException {
    for (int first = 0; first < BLOCKS; first += RUN) {
      storage.write(first, run.clear());
    }
  }

  private static void readAll(Storage storage, ByteBuffer run) throws IOException {
    for (int first = 0; first < BLOCKS; first += RUN) {
      storage.read(first, run.clear());
    }
  }

  private static void row(String name, Work work, long bytes) throws Exception {
    long cpu = cpu();
    long start = System.nanoTime();
    work.run();
    double seconds = (System.nanoTime() - start) / 1e9;
    double gib = (double) BLOCKS * BLOCK / (1 << 30);
    System.out.printf(
        Locale.ROOT,
        "%-34s %8.2f %10.2f %12d%n",
        name,
        gib * 1.073741824 / seconds,
        (cpu() - cpu) / 1e9 / gib,
        bytes >> 20);
  }

  private static long cpu() {
    return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
        .getProcessCpuTime();
  }

  /** Each block a value. */
  private static final class Values implements Storage {
    private final Env<ByteBuffer> env;
    private final Dbi<ByteBuffer> blocks;
    private final ByteBuffer key = ByteBuffer.allocateDirect(Integer.BYTES);
    private int unsynced;

    Values(Path folder) {
      env =
          Env.create()
              .setMapSize(4L << 30)
              .setMaxDbs(1)
              .open(folder.toFile(), EnvFlags.MDB_NOSYNC, EnvFlags.MDB_NORDAHEAD);
      blocks = env.openDbi("blocks", DbiFlags.MDB_CREATE);
    }

    private ByteBuffer key(int block) {
      return key.clear().putInt(block).flip();
    }

    @Override
    public void write(int first, ByteBuffer run) {
      try (Txn<ByteBuffer> txn = env.txnWrite()) {
        for (int i = 0; i < RUN; i++) {
          ByteBuffer value =
              blocks.reserve(txn, key(first + i), BLOCK, PutFlags.MDB_NOOVERWRITE);
          value.put(run.slice(i * BLOCK, BLOCK));
        }
        txn.commit();
      }
      if (++unsynced == 8) {
        unsynced = 0;
        env.sync(true);
      }
    }

    @Override
    public void read(int first, ByteBuffer run) {
      try (Txn<ByteBuffer> txn = env.txnRead()) {
        for (int i = 0; i < RUN; i++) {
          run.put(blocks.get(txn, key(first + i)));
        }
      }
    }

    @Override
    public void delete(int first) {
      try (Txn<ByteBuffer> txn = env.txnWrite()) {
        for (int i = 0; i < RUN; i++) {
          blocks.delete(txn, key(first + i));
        }
        txn.commit();
      }
    }

    @Override
    public void close() {
      env.close();
    }
  }

  /** All blocks in one file. */
  private static final class Slab implements Storage {
    private final FileChannel writing;
    private final FileChannel reading;

    Slab(Path file, boolean direct) throws IOException {
      Files.createFile(file);
      writing =
          direct
              ? FileChannel.open(file, StandardOpenOption.WRITE, ExtendedOpenOption.DIRECT)
              : FileChannel.open(file, StandardOpenOption.WRITE);
      reading = FileChannel.open(file, StandardOpenOption.READ);
    }

    @Override
    public void write(int first, ByteBuffer run) throws IOException {
      writing.write(run, (long) first * BLOCK);
      if (first / RUN % 8 == 7) {
        writing.force(false);
      }
    }

    @Override
    public void read(int first, ByteBuffer run) throws IOException {
      while (run.hasRemaining()) {
        reading.read(run, (long) first * BLOCK + run.position());
      }
    }

    @Override
    public void delete(int first) {
      // The index forgets it; the room is written over.
    }

    @Override
    public void close() throws IOException {
      writing.close();
      reading.close();
    }
  }
}
