// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.distribution;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What becomes of bits that change on the way from the store, by {@code requests.integrity}. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ComparedReadsTest {
  private static final String STRICT = "requests.integrity = strict\n";
  private static final byte[] LARGE = new byte[40 << 20];
  private static final byte[] SMALL = new byte[1000];

  private EmulatorProcess emulator;
  private Installation installation;

  @BeforeAll
  void startTheStores() throws IOException {
    new Random(1).nextBytes(LARGE);
    new Random(2).nextBytes(SMALL);
    emulator = EmulatorProcess.start();
    installation = Installation.open(getClass());
    for (Store store : Store.values()) {
      String bucket = bucket(store);
      emulator.createBucket(bucket);
      // The store computes no checksums of what the emulator itself makes.
      try (BucketMount mount = BucketMount.forWriting(installation, emulator, store, bucket)) {
        Files.write(mount.path().resolve("large"), LARGE);
        Files.write(mount.path().resolve("small"), SMALL);
        mount.unmount();
      }
    }
  }

  @AfterAll
  void stopTheStores() throws IOException {
    emulator.close();
    Mountpoints.cleanUnder(installation.work());
  }

  @ParameterizedTest
  @EnumSource(Store.class)
  void theProgramThatReadsAllGetsAnErrorAndTheNextOneTheRightBytes(Store store) throws Exception {
    Path cache = installation.work().resolve("cache-" + store.slug());
    try (BucketMount mount =
        BucketMount.withDiskCache(installation, emulator, store, bucket(store), cache, STRICT)) {
      Path large = mount.path().resolve("large");
      flipABit("large", 2);
      assertThrows(IOException.class, () -> Files.readAllBytes(large));
      assertEquals(1, emulator.withdraw("flipped"));
      assertArrayEquals(LARGE, Files.readAllBytes(large));
      mount.unmount();
      mount.mount();
      assertArrayEquals(LARGE, Files.readAllBytes(large));
      mount.unmount();
    }
  }

  @ParameterizedTest
  @EnumSource(Store.class)
  void whatIsTheStoresIsReadWithOneRequestMore(Store store) throws Exception {
    try (BucketMount mount = observed(store, STRICT)) {
      emulator.resetCounters();
      assertArrayEquals(LARGE, Files.readAllBytes(mount.path().resolve("large")));
      int strict = emulator.counters().getInt("requests.head");
      mount.unmount();
      try (BucketMount plain = observed(store, "")) {
        emulator.resetCounters();
        assertArrayEquals(LARGE, Files.readAllBytes(plain.path().resolve("large")));
        assertEquals(strict - 1, emulator.counters().getInt("requests.head"));
        plain.unmount();
      }
    }
  }

  @Test
  void aSmallObjectOfS3ThatChangedIsAnErrorOnce() throws Exception {
    try (BucketMount mount = observed(Store.S3, STRICT)) {
      flipABit("small", 1);
      Path small = mount.path().resolve("small");
      assertThrows(IOException.class, () -> Files.readAllBytes(small));
      assertEquals(1, emulator.withdraw("flipped"));
      assertArrayEquals(SMALL, Files.readAllBytes(small));
      mount.unmount();
    }
  }

  @Test
  void aSmallObjectOfOssThatChangedIsReadAgain() throws Exception {
    try (BucketMount mount = observed(Store.OSS, "")) {
      flipABit("small", 1);
      assertArrayEquals(SMALL, Files.readAllBytes(mount.path().resolve("small")));
      assertEquals(1, emulator.withdraw("flipped"));
      mount.unmount();
    }
  }

  @Test
  void whenNothingIsComparedWhatChangedIsHandedOut() throws Exception {
    try (BucketMount mount = observed(Store.OSS, "requests.integrity = off\n")) {
      flipABit("small", 1);
      assertFalse(Arrays.equals(SMALL, Files.readAllBytes(mount.path().resolve("small"))));
      assertEquals(1, emulator.withdraw("flipped"));
      mount.unmount();
    }
  }

  private BucketMount observed(Store store, String settings) {
    return BucketMount.with(
        installation,
        bucket(store),
        store.transport(emulator, bucket(store))
            + "memory.limit = 384MiB\nmount.read-only = true\n"
            + settings);
  }

  private void flipABit(String key, int nth) {
    emulator.order(
        """
        { "rules": [ { "name": "flipped", "requests": ["get"], "key": "%s", "nth": %d, "times": 1,
          "effect": "flip-bit", "at": 100 } ] }
        """
            .formatted(key, nth));
  }

  private static String bucket(Store store) {
    return "compared-" + store.slug();
  }
}
