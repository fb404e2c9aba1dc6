// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.distribution;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** A store that nobody can connect to for some seconds, {@code -Dsluice.outage-seconds}. */
class StoreOutageTest {
  private static final long SECONDS = Long.getLong("sluice.outage-seconds", 2);

  private final Installation installation = Installation.open(StoreOutageTest.class);
  private final Map<Store, BucketMount> mounts = new EnumMap<>(Store.class);
  private final byte[] content = new byte[300_000];

  @Test
  void programsWaitUntilItIsBack() throws Exception {
    new Random(1).nextBytes(content);
    EmulatorProcess before = start("0", "0");
    String s3 = port(before.s3());
    String oss = port(before.oss());
    try (ExecutorService programs = Executors.newCachedThreadPool()) {
      try (before) {
        mountEach(before);
      }
      Map<Store, Future<byte[]>> reads = new EnumMap<>(Store.class);
      Map<Store, Future<Path>> writes = new EnumMap<>(Store.class);
      mounts.forEach(
          (store, mount) -> {
            Path folder = mount.path();
            reads.put(store, programs.submit(() -> Files.readAllBytes(folder.resolve("read"))));
            writes.put(
                store, programs.submit(() -> Files.write(folder.resolve("written"), content)));
          });
      // How long it is away, not how long anything takes.
      TimeUnit.SECONDS.sleep(SECONDS);
      try (EmulatorProcess after = start(s3, oss)) {
        for (Store store : Store.values()) {
          assertArrayEquals(content, reads.get(store).get());
          var _ = writes.get(store).get();
          assertEquals(
              Optional.of(FaultedFile.sha256(content)), after.findSha256(bucket(store), "written"));
        }
        mounts.values().forEach(BucketMount::unmount);
      }
    } finally {
      mounts.values().forEach(BucketMount::close);
    }
    Mountpoints.cleanUnder(installation.work());
  }

  private void mountEach(EmulatorProcess emulator) {
    for (Store store : Store.values()) {
      emulator.createBucket(bucket(store));
      emulator.put(bucket(store), "read", content);
      mounts.put(store, BucketMount.faulted(installation, emulator, store, bucket(store), ""));
    }
  }

  private EmulatorProcess start(String s3, String oss) {
    return EmulatorProcess.start(
        "--directory",
        installation.work().resolve("store").toString(),
        "--s3-port",
        s3,
        "--oss-port",
        oss);
  }

  private static String port(String endpoint) {
    return Integer.toString(URI.create(endpoint).getPort());
  }

  private static String bucket(Store store) {
    return "outage-" + store.slug();
  }
}
