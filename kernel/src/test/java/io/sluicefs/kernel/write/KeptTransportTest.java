// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.write;

import static io.sluicefs.kernel.write.WriteFixture.MIB;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluicefs.spi.MemoryBudget.Use;
import io.sluicefs.spi.MemoryReservation;
import io.sluicefs.spi.testkit.transport.MemoryTransport.Operation;
import io.sluicefs.spi.transport.ObjectStat;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What was written lately is read from memory, as far as it is still there. */
class KeptTransportTest {
  private static final int SIZE = 5 * MIB + 12_345;

  @TempDir Path temp;
  private final byte[] bytes = new byte[SIZE];

  private StoredObject write(WriteFixture store, String key) throws Exception {
    new Random(1).nextBytes(bytes);
    try (WrittenFile file = store.create(key)) {
      for (int at = 0; at < SIZE; at += 100_000) {
        WriteFixture.write(file, at, Arrays.copyOfRange(bytes, at, Math.min(SIZE, at + 100_000)));
      }
      ObjectStat made = store.publish(file);
      assertNotNull(made);
      store.bucket.resetCounts();
      return new StoredObject(made.id(), made.size());
    }
  }

  private void assertReadable(WriteFixture store, StoredObject object) throws IOException {
    Random random = new Random(2);
    for (int i = 0; i < 50; i++) {
      int offset = random.nextInt(SIZE);
      int length = random.nextInt(Math.min(3 * MIB, SIZE - offset + 1));
      assertArrayEquals(
          Arrays.copyOfRange(bytes, offset, offset + length), store.read(object, offset, length));
    }
  }

  @Test
  void allThatIsKeptIsReadWithoutARequest() throws Exception {
    try (WriteFixture store = new WriteFixture(temp, new WriteOptions(MIB, 4, 4, 32L * MIB))) {
      StoredObject object = write(store, "a");
      assertEquals(SIZE, store.kept.count(object.id()));
      assertReadable(store, object);
      assertEquals(0, store.bucket.count());
    }
  }

  @Test
  void whatIsNoLongerKeptIsReadFromTheStoreAndTheRestFromMemory() throws Exception {
    try (WriteFixture store = new WriteFixture(temp, new WriteOptions(MIB, 4, 4, 3L * MIB))) {
      StoredObject object = write(store, "a");
      long kept = store.kept.count(object.id());
      assertTrue(kept > 0 && kept < SIZE, () -> "kept " + kept);
      assertArrayEquals(bytes, store.read(object, 0, SIZE));
      assertEquals(SIZE - kept, store.bucket.readBytes());
      assertReadable(store, object);
    }
  }

  @Test
  void aCopyIsReadFromTheMemoryOfWhatItWasCopiedFrom() throws Exception {
    try (WriteFixture store = new WriteFixture(temp, new WriteOptions(MIB, 4, 4, 32L * MIB))) {
      StoredObject object = write(store, "a");
      ObjectStat copy = store.writers.copy(object, "b");
      assertReadable(store, new StoredObject(copy.id(), copy.size()));
      assertEquals(0, store.bucket.count(Operation.READ));
    }
  }

  @Test
  void whoeverNeedsMemoryGetsWhatIsKept() throws Exception {
    try (WriteFixture store =
        new WriteFixture(temp, new WriteOptions(MIB, 4, 4, 32L * MIB), 16L * MIB)) {
      StoredObject object = write(store, "a");
      try (MemoryReservation _ = store.memory.reserve(15L * MIB, Use.READ)) {
        assertTrue(store.kept.count(object.id()) < SIZE);
      }
      assertReadable(store, object);
    }
  }

  @Test
  void anotherVersionOfTheObjectIsNeverReadFromMemory() throws Exception {
    try (WriteFixture store = new WriteFixture(temp, new WriteOptions(MIB, 4, 4, 32L * MIB))) {
      StoredObject _ = write(store, "a");
      byte[] other = new byte[SIZE];
      ObjectStat stat = store.bucket.put("a", other);
      assertArrayEquals(other, store.read(new StoredObject(stat.id(), SIZE), 0, SIZE));
      assertEquals(SIZE, store.bucket.readBytes());
    }
  }
}
