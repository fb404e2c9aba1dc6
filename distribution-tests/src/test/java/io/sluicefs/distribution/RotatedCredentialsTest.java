// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.distribution;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Keys are replaced while programs read and write. {@code -Dsluice.rotations} replaces them more
 * often.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class RotatedCredentialsTest {
  private static final int ROTATIONS = Integer.getInteger("sluice.rotations", 1);

  /** So many files each program does between two rotations. */
  private static final int FILES = 5;

  private static final int SIZE = 6 << 20;

  private EmulatorProcess emulator;
  private Installation installation;
  private Path keys;
  private int rotations;

  @BeforeAll
  void startTheStore() {
    emulator = EmulatorProcess.start();
    installation = Installation.open(getClass());
    keys = installation.work().resolve("keys.json");
  }

  @AfterAll
  void stopTheStore() throws IOException {
    emulator.close();
    Mountpoints.cleanUnder(installation.work());
  }

  @ParameterizedTest
  @EnumSource(Store.class)
  void programsMeetNoErrorWhenKeysAreReplaced(Store store) throws Exception {
    String bucket = "rotated-" + store.slug();
    emulator.createBucket(bucket);
    replaceKey();
    String settings =
        store
                .transport(emulator, bucket)
                .replace(
                    "credentials = environment",
                    "credentials = process\n  credential-process = \"cat '%s'\"".formatted(keys))
            + """
            memory.limit = 384MiB
            metadata.attribute-ttl = 0
            write { part-size = 5MiB, keep-size = 0, staging.path = "%s" }
            """
                .formatted(installation.mountpoint("staging-" + store.slug()));
    AtomicBoolean over = new AtomicBoolean();
    AtomicInteger read = new AtomicInteger();
    AtomicInteger written = new AtomicInteger();
    try (BucketMount mount = BucketMount.with(installation, bucket, settings);
        ExecutorService programs = Executors.newCachedThreadPool()) {
      List<Future<?>> work =
          List.of(
              programs.submit(() -> read(mount.path(), bucket, over, read)),
              programs.submit(() -> write(mount.path(), bucket, over, written)));
      try {
        for (int round = 0; round < ROTATIONS; round++) {
          if (round > 0) {
            // A source is asked once in ten seconds, so that a refusal is no storm.
            TimeUnit.SECONDS.sleep(11);
          }
          awaitMore(work, read, written);
          replaceKey();
          awaitMore(work, read, written);
        }
      } finally {
        over.set(true);
      }
      for (Future<?> program : work) {
        program.get();
      }
      mount.unmount();
    }
  }

  /** The source has the new key first, as whoever replaces keys does it. */
  private void replaceKey() throws IOException {
    String id = "key-" + ++rotations;
    String secret = "secret-" + rotations;
    Path next = installation.work().resolve("keys.next");
    Files.writeString(
        next,
        """
        {"Version": 1, "AccessKeyId": "%s", "SecretAccessKey": "%s", "AccessKeySecret": "%s"}
        """
            .formatted(id, secret, secret));
    Files.move(next, keys, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    emulator.acceptOnly(id, secret);
  }

  private static void awaitMore(List<Future<?>> work, AtomicInteger... counts) throws Exception {
    for (AtomicInteger count : counts) {
      int enough = count.get() + FILES;
      while (count.get() < enough) {
        for (Future<?> program : work) {
          if (program.isDone()) {
            program.get();
          }
        }
        TimeUnit.MILLISECONDS.sleep(10);
      }
    }
  }

  private Object read(Path mount, String bucket, AtomicBoolean over, AtomicInteger count)
      throws Exception {
    while (!over.get()) {
      String key = "read-" + count.get();
      emulator.putSynthetic(bucket, key, SIZE, count.get() + 1);
      byte[] bytes = Files.readAllBytes(mount.resolve(key));
      assertEquals(emulator.sha256(bucket, key), sha256(bytes));
      count.incrementAndGet();
    }
    return count;
  }

  private Object write(Path mount, String bucket, AtomicBoolean over, AtomicInteger count)
      throws Exception {
    while (!over.get()) {
      // Small ones are one request, large ones an upload in parts.
      byte[] bytes = new byte[count.get() % 2 == 0 ? 1000 : SIZE];
      new Random(count.get()).nextBytes(bytes);
      Path file = mount.resolve("written");
      Files.write(file, bytes);
      assertEquals(sha256(bytes), emulator.sha256(bucket, "written"));
      Files.move(file, mount.resolve("moved"), StandardCopyOption.REPLACE_EXISTING);
      assertArrayEquals(bytes, Files.readAllBytes(mount.resolve("moved")));
      count.incrementAndGet();
    }
    return count;
  }

  private static String sha256(byte[] bytes) throws Exception {
    return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
  }
}
