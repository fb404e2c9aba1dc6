// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.write;

import static io.sluicefs.kernel.write.WriteFixture.MIB;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluicefs.kernel.write.WriteRefusedException.Reason;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import io.sluicefs.spi.testkit.transport.MemoryTransport.Operation;
import io.sluicefs.spi.transport.ListRequest;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A file that is written beside an array of bytes: streamed, staged, cut, renamed, published, read
 * back, with parts that fail and with memory that forgets. {@code -Dsluice.seed=} repeats a run.
 */
@Timeout(300)
@SuppressWarnings("MustBeClosedChecker") // the model closes them
class WrittenFileModelTest {
  private static final int SPACE = 7 * MIB;
  private static final int STEPS = 80;
  private static final long[] KEEP = {0, 2 * MIB, 32 * MIB};

  @TempDir Path temp;

  @RepeatedTest(10)
  void whateverIsDoneAFileIsAnArrayOfBytes() throws Exception {
    long seed = Long.getLong("sluice.seed", new Random().nextLong());
    System.out.println("seed " + seed);
    try {
      new Run(seed).go();
    } catch (Throwable e) {
      throw new AssertionError("seed " + seed + ": " + e, e);
    }
  }

  /** One run. */
  private final class Run {
    private final Random random;
    private final WriteFixture store;
    private byte[] model = new byte[0];
    private String key = "a";
    private boolean failing;

    /** Whether a part may have failed since the file was last published. */
    private boolean failed;

    Run(long seed) throws IOException {
      random = new Random(seed);
      long keep = KEEP[random.nextInt(KEEP.length)];
      store = new WriteFixture(temp, new WriteOptions(MIB, 4, 1 + random.nextInt(4), keep));
    }

    void go() throws Exception {
      try (store) {
        WrittenFile file = random.nextBoolean() ? store.create(key) : begun();
        try {
          for (int step = 0; step < STEPS; step++) {
            file = step(file);
            assertEquals(model.length, file.size(), "size");
          }
          publish(file);
        } finally {
          file.close();
        }
        assertArrayEquals(model, store.stored(key), "in the end");
        assertEquals(1, keys(), "keys in the store");
        store.assertNoUploads();
      }
    }

    private WrittenFile begun() throws IOException {
      model = bytes(random.nextInt(SPACE));
      store.bucket.put(key, model);
      return store.open(key);
    }

    private int keys() throws IOException {
      return store.bucket.list(new ListRequest("", "", null, 1000)).objects().size();
    }

    private WrittenFile step(WrittenFile file) throws Exception {
      switch (random.nextInt(24)) {
        case 0, 1 -> truncate(file, random.nextInt(SPACE));
        case 2 -> truncate(file, Math.max(0, model.length - random.nextInt(100_000)));
        case 3 -> truncate(file, random.nextInt(4) == 0 ? 0 : model.length / MIB * MIB);
        case 4, 5 -> publish(file);
        case 6 -> rename(file);
        case 7 -> {
          publish(file);
          file.close();
          return store.open(key);
        }
        case 8 -> toggleFailures();
        case 9, 10, 11, 12 -> read(file);
        case 13, 14 -> write(file, random.nextInt(model.length + 1), length());
        case 15 -> write(file, random.nextInt(SPACE), random.nextInt(5000));
        default -> write(file, model.length, length());
      }
      return file;
    }

    private int length() {
      return switch (random.nextInt(4)) {
        case 0 -> random.nextInt(100);
        case 1 -> random.nextInt(2 * MIB);
        default -> random.nextInt(300_000);
      };
    }

    private byte[] bytes(int length) {
      byte[] bytes = new byte[length];
      random.nextBytes(bytes);
      return bytes;
    }

    private void toggleFailures() {
      failing = !failing;
      if (failing) {
        failed = true;
        int[] count = {random.nextInt(4)};
        store.bucket.setGate(
            (operation, about) -> {
              if (operation == Operation.UPLOAD_PART || operation == Operation.COPY_PART) {
                synchronized (count) {
                  if (count[0]++ % 4 == 0) {
                    throw new StorageException(Kind.SERVER_ERROR, "the test fails a part");
                  }
                }
              }
            });
      } else {
        store.bucket.openGate();
      }
    }

    private void write(WrittenFile file, int offset, int wanted) throws Exception {
      byte[] data = bytes(Math.min(wanted, SPACE - offset));
      if (data.length == 0) {
        return;
      }
      try {
        WriteFixture.write(file, offset, data);
      } catch (StorageException e) {
        assertTrue(failed, () -> "nothing failed: " + e);
        storeWorks();
        // What of it was written is not said: without it the file is not stored.
        assertThrows(StorageException.class, () -> store.publish(file));
        WriteFixture.write(file, offset, data);
      }
      byte[] next = Arrays.copyOf(model, Math.max(model.length, offset + data.length));
      System.arraycopy(data, 0, next, offset, data.length);
      model = next;
    }

    /** The store works again: what failed is sent again, nothing is lost. */
    private void recover(WrittenFile file) throws Exception {
      storeWorks();
      store.publish(file);
      failed = false;
    }

    private void storeWorks() {
      store.bucket.openGate();
      failing = false;
    }

    private void truncate(WrittenFile file, int size) throws Exception {
      try {
        file.truncate(size);
        model = Arrays.copyOf(model, size);
      } catch (WriteRefusedException e) {
        assertEquals(Reason.STREAMED, e.reason());
      }
    }

    private void publish(WrittenFile file) throws Exception {
      try {
        store.publish(file);
      } catch (StorageException e) {
        assertTrue(failed, () -> "nothing failed: " + e);
        assertTrue(file.isDirty());
        recover(file);
      }
      if (!failing) {
        failed = false;
      }
      assertFalse(file.isDirty());
      assertArrayEquals(model, store.stored(key), "stored");
    }

    private void rename(WrittenFile file) throws Exception {
      String next = key.equals("a") ? "b" : "a";
      store.rename(file, next);
      key = next;
    }

    private void read(WrittenFile file) throws Exception {
      if (model.length == 0) {
        return;
      }
      int offset = random.nextInt(model.length);
      int length = Math.min(model.length - offset, 1 + random.nextInt(600_000));
      byte[] expected = Arrays.copyOfRange(model, offset, offset + length);
      try {
        assertArrayEquals(expected, store.read(file, offset, length), "read");
      } catch (WriteRefusedException e) {
        assertEquals(Reason.STREAMED, e.reason());
        assertThrows(WriteRefusedException.class, () -> store.read(file, offset, length));
      }
    }
  }
}
