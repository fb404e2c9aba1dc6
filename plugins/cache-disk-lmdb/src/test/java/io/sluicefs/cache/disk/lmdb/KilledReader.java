// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cache.disk.lmdb;

import io.sluicefs.spi.testkit.cache.PatternObject;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.FutureTask;

/**
 * A process that reads through a cache much smaller than what it reads, by four threads, until it
 * is killed. It ends by itself, with a status other than that of a kill, if a byte is wrong.
 */
final class KilledReader {
  static final int OBJECTS = 6;
  static final String MAX_SIZE = "24MiB";
  static final long MAX_SIZE_BYTES = 24L << 20;
  static final String READY = "ready";
  private static final int THREADS = 4;

  private KilledReader() {}

  static PatternObject object(int number) {
    return new PatternObject("models/" + number, (8L << 20) + number);
  }

  public static void main(String[] args) throws Exception {
    try (OpenDisk disk = OpenDisk.of(Path.of(args[0]), MAX_SIZE)) {
      List<FutureTask<Void>> readers = new ArrayList<>();
      for (int i = 0; i < THREADS; i++) {
        Random random = new Random(Long.parseLong(args[1]) + i);
        FutureTask<Void> reader = new FutureTask<>(() -> read(disk, random));
        readers.add(reader);
        Thread.ofPlatform().daemon().start(reader);
      }
      System.out.println(READY);
      for (FutureTask<Void> reader : readers) {
        reader.get();
      }
    }
  }

  @SuppressWarnings("InfiniteLoopStatement") // it is killed
  private static Void read(OpenDisk disk, Random random) throws Exception {
    while (true) {
      PatternObject object = object(random.nextInt(OBJECTS));
      int first = random.nextInt(OpenDisk.blocks(object));
      disk.read(object, first, Math.min(OpenDisk.blocks(object), first + 1 + random.nextInt(64)));
    }
  }
}
