// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.write;

import static io.sluicefs.kernel.write.WriteFixture.MIB;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluicefs.kernel.write.WriteRefusedException.Reason;
import io.sluicefs.spi.testkit.LeakCheckedMemory;
import io.sluicefs.spi.testkit.transport.MemoryTransport;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Writers get by with the memory there is: they wait for it, or their bytes go to staging. */
@Timeout(120)
@SuppressWarnings("MustBeClosedChecker") // closed one by one
class MemoryOfWritersTest {
  private static final int FILES = 12;
  private static final int SIZE = 3 * MIB + 777;

  @TempDir Path temp;

  private static byte[] content(int file) {
    byte[] bytes = new byte[SIZE];
    new Random(file).nextBytes(bytes);
    return bytes;
  }

  private static void writeAll(WrittenFile file, byte[] bytes) throws Exception {
    for (int at = 0; at < bytes.length; at += 128 << 10) {
      int end = Math.min(bytes.length, at + (128 << 10));
      WriteFixture.write(file, at, Arrays.copyOfRange(bytes, at, end));
    }
  }

  @RepeatedTest(5)
  void manyWritersAtOnceStayWithinTheLimitAndAllFinish() throws Exception {
    try (WriteFixture store =
            new WriteFixture(temp, new WriteOptions(MIB, 4, 2, 4L * MIB), 8L * MIB);
        ExecutorService writers = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> all = new ArrayList<>();
      for (int i = 0; i < FILES; i++) {
        int number = i;
        all.add(
            writers.submit(
                () -> {
                  try (WrittenFile file = store.create("file" + number)) {
                    writeAll(file, content(number));
                    return store.publish(file);
                  }
                }));
      }
      for (Future<?> each : all) {
        each.get();
      }
      for (int i = 0; i < FILES; i++) {
        assertArrayEquals(content(i), store.stored("file" + i));
      }
      assertTrue(store.memory.peak() <= 8L * MIB);
    }
  }

  @Test
  void filesHeldOpenBeyondTheMemoryGoToStaging() throws Exception {
    try (WriteFixture store = new WriteFixture(temp, new WriteOptions(MIB, 4, 2, 0), 8L * MIB)) {
      List<WrittenFile> open = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        WrittenFile file = store.create("file" + i);
        open.add(file);
        WriteFixture.write(file, 0, Arrays.copyOf(content(i), MIB / 2));
      }
      for (int i = 0; i < 20; i++) {
        assertEquals(MIB / 2, open.get(i).size());
        assertTrue(store.publish(open.get(i)) != null);
        open.get(i).close();
        assertArrayEquals(Arrays.copyOf(content(i), MIB / 2), store.stored("file" + i));
      }
    }
  }

  @Test
  void memoryIsGivenBackSoonAfterTheLastWrite() throws Exception {
    try (WriteFixture store = new WriteFixture(temp, new WriteOptions(MIB, 4, 2, 0));
        WrittenFile file = store.create("file")) {
      writeAll(file, content(1));
      assertTrue(store.memory.reserved() > 0);
      assertTrue(store.publish(file) != null);
      while (store.memory.reserved() > 0) {
        Thread.sleep(10);
      }
      writeAll(file, content(2));
      assertTrue(store.publish(file) != null);
      assertArrayEquals(content(2), store.stored("file"));
    }
  }

  @Test
  void withoutMemoryAndWithoutStagingAWriteIsRefusedForMemory() throws Exception {
    MemoryTransport bucket = new MemoryTransport();
    KeptBytes kept = new KeptBytes();
    try (LeakCheckedMemory memory = new LeakCheckedMemory(3L * MIB / 2);
        FileWriters writers =
            new FileWriters(
                new KeptTransport(bucket, kept),
                kept,
                memory,
                null,
                new WriteOptions(MIB, 4, 2, 0),
                InstantSource.system());
        WrittenFile first = writers.open("a", null, false);
        WrittenFile second = writers.open("b", null, false)) {
      WriteFixture.write(first, 0, Arrays.copyOf(content(1), MIB));
      WriteRefusedException refused =
          assertThrows(
              WriteRefusedException.class,
              () -> WriteFixture.write(second, 0, Arrays.copyOf(content(2), MIB)));
      assertEquals(Reason.NO_MEMORY, refused.reason());
    }
  }
}
