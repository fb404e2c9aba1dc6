// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.spi.testkit.fuse;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluicefs.spi.Axis;
import io.sluicefs.spi.testkit.fuse.MemoryFileSystem.Operation;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a FUSE channel must read, and what of it may stay in the page cache. */
abstract class ReadingSuite extends MountingSuite {
  @Test
  void theDescriptorNamesTheAxis() {
    assertEquals(Axis.FUSE, provider().descriptor().axis());
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 4095, 4096, 4097, 131_071, 131_073, 3 * MIB + 17})
  void readsEveryByteOfAFile(int size) throws Exception {
    files.addFile("file", FileContent.pattern(7, size));
    Random random = new Random(seed);
    try (MountedFileSystem mounted = mount()) {
      assertEquals(size, Files.size(mounted.path("file")));
      assertArrayEquals(Pattern.bytes(7, 0, size), Files.readAllBytes(mounted.path("file")));
      try (FileChannel file = FileChannel.open(mounted.path("file"))) {
        for (int i = 0; i < 50; i++) {
          int offset = random.nextInt(size + 10);
          int length = random.nextInt(300_000);
          byte[] expected = Pattern.bytes(7, offset, Math.clamp((long) size - offset, 0, length));
          assertArrayEquals(
              expected, read(file, offset, length), "at " + offset + ", seed " + seed);
        }
      }
    }
  }

  @Test
  void readsBeyondFourGibibytes() throws Exception {
    long size = (5L << 30) + 3;
    files.addFile("file", FileContent.pattern(8, size));
    try (MountedFileSystem mounted = mount();
        FileChannel file = FileChannel.open(mounted.path("file"))) {
      assertEquals(size, file.size());
      for (long offset : new long[] {0, (1L << 31) - 5, (1L << 32) - 7, size - 99}) {
        int length = (int) Math.min(200_000, size - offset);
        assertArrayEquals(Pattern.bytes(8, offset, length), read(file, offset, 200_000));
      }
    }
  }

  @Test
  void programsReadWhatIsThere() throws Exception {
    int size = 2 * MIB + 321;
    files.addFile("dir/file", FileContent.pattern(9, size));
    byte[] bytes = Pattern.bytes(9, 0, size);
    try (MountedFileSystem mounted = mount()) {
      String file = mounted.path("dir/file").toString();
      assertEquals(sha256(bytes), Program.output("sha256sum", file).substring(0, 64));
      assertArrayEquals(bytes, Program.run("cat", file).output());
      assertArrayEquals(
          Arrays.copyOfRange(bytes, 777 * 5, 777 * 8),
          Program.run("dd", "if=" + file, "bs=777", "skip=5", "count=3", "status=none").output());
      assertArrayEquals(
          Arrays.copyOfRange(bytes, size - 1000, size),
          Program.run("tail", "-c", "1000", file).output());
      assertArrayEquals(
          Arrays.copyOf(bytes, MIB),
          Program.run("dd", "if=" + file, "bs=1M", "count=1", "iflag=direct", "status=none")
              .output());
    }
  }

  @Test
  void aMappedFileHoldsWhatIsThere() throws Exception {
    int size = 3 * MIB + 5;
    files.addFile("file", FileContent.pattern(10, size));
    try (MountedFileSystem mounted = mount()) {
      String digest =
          Program.python(
              """
              import sys, mmap, hashlib
              with open(sys.argv[1], 'rb') as f:
                  m = mmap.mmap(f.fileno(), 0, prot=mmap.PROT_READ)
                  last = m[len(m) - 5:]
                  print(hashlib.sha256(m).hexdigest())
              """,
              mounted.path("file"));
      assertEquals(sha256(Pattern.bytes(10, 0, size)), digest);
    }
  }

  @Test
  void manyReadersAtOnceReadWhatIsThere() throws Exception {
    int size = 5 * MIB + 11;
    files.addFile("file", FileContent.pattern(11, size));
    files.directIo(true);
    byte[] bytes = Pattern.bytes(11, 0, size);
    try (MountedFileSystem mounted = mount();
        ExecutorService readers = Executors.newFixedThreadPool(8)) {
      List<Future<?>> all = new ArrayList<>();
      for (int reader = 0; reader < 8; reader++) {
        Random random = new Random(seed + reader);
        all.add(
            readers.submit(
                () -> {
                  try (FileChannel file = FileChannel.open(mounted.path("file"))) {
                    for (int i = 0; i < 100; i++) {
                      int offset = random.nextInt(size);
                      int length = Math.min(1 + random.nextInt(200_000), size - offset);
                      assertArrayEquals(
                          Arrays.copyOfRange(bytes, offset, offset + length),
                          read(file, offset, length),
                          "seed " + seed);
                    }
                    return null;
                  }
                }));
      }
      for (Future<?> reader : all) {
        reader.get();
      }
    }
  }

  @Test
  void thePageCacheIsKeptOnlyIfTheOpenSaysSo() throws Exception {
    files.addFile("file", FileContent.pattern(13, MIB));
    try (MountedFileSystem mounted = mount()) {
      Path file = mounted.path("file");
      files.keepCache(true);
      Files.readAllBytes(file);
      long reads = files.count(Operation.READ);
      Files.readAllBytes(file);
      assertEquals(reads, files.count(Operation.READ), "kept");
      files.keepCache(false);
      assertArrayEquals(Pattern.bytes(13, 0, MIB), Files.readAllBytes(file));
      assertTrue(files.count(Operation.READ) > reads, "not kept");
    }
  }

  @Test
  void directIoBypassesThePageCache() throws Exception {
    files.addFile("file", FileContent.pattern(14, MIB));
    files.directIo(true);
    try (MountedFileSystem mounted = mount();
        FileChannel file = FileChannel.open(mounted.path("file"))) {
      assertArrayEquals(Pattern.bytes(14, 5, 1000), read(file, 5, 1000));
      long reads = files.count(Operation.READ);
      assertArrayEquals(Pattern.bytes(14, 5, 1000), read(file, 5, 1000));
      assertEquals(reads + 1, files.count(Operation.READ));
    }
  }
}
