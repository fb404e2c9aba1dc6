// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.distribution;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The cache on the disk, used as an operator uses it. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DiskCacheTest {
  /** Size of the model. Give -Dsluice.disk-mib=4096 for the size of a shard. */
  private static final long MODEL_MIB = Long.getLong("sluice.disk-mib", 96);

  /** How often the daemon is killed. Give -Dsluice.daemon-kills=200 for a long run. */
  private static final int KILLS = Integer.getInteger("sluice.daemon-kills", 2);

  private static final int LONGEST_LIFE_MILLIS = 1500;
  private static final int SHARDS = 4;
  private static final long SHARD_MIB = 24;
  private static final long SMALL_CACHE_MIB = 48;
  private static final String MODEL = "llama/model.safetensors";

  private EmulatorProcess emulator;
  private Installation installation;

  @BeforeAll
  void startTheStore() {
    // A network of 20 MB/s a connection: what a disk cannot keep up with is not kept.
    emulator = EmulatorProcess.start("--bandwidth", "20000000");
    emulator.createBucket("models");
    emulator.putSynthetic("models", MODEL, MODEL_MIB << 20, 7);
    for (int i = 0; i < SHARDS; i++) {
      emulator.putSynthetic("models", "qwen/" + i, SHARD_MIB << 20, i);
    }
    installation = Installation.open(getClass());
  }

  @AfterAll
  void stopTheStore() throws IOException {
    emulator.close();
    Mountpoints.cleanUnder(installation.work());
  }

  @ParameterizedTest
  @EnumSource(Store.class)
  void aModelIsLoadedFromTheDiskAfterItWasMountedAgain(Store store) throws IOException {
    Path cache = installation.work().resolve("disk-" + store.slug());
    try (BucketMount mount =
        mount(store, cache, "cache.disk-lmdb { max-size = 8GiB, fill-memory = 112MiB }")) {
      String sum = sum(mount.path().resolve(MODEL));
      assertEquals(emulator.sha256("models", MODEL), sum);
      mount.unmount();
      emulator.resetCounters();
      mount.mount();
      assertEquals(sum, sum(mount.path().resolve(MODEL)));
      Config counters = emulator.counters();
      assertEquals(0, counters.getLong("bytes-out"), counters::toString);
      assertEquals(0, counters.getInt("requests.get"), counters::toString);
      // One for the mount, one for each of the names.
      assertTrue(
          counters.getInt("requests.list") + counters.getInt("requests.head") <= 3,
          counters::toString);
      mount.unmount();
    }
  }

  @Test
  void theVerbsOfCacheWorkBesideAMountAndWithoutOne() {
    Path cache = installation.work().resolve("disk-verbs");
    try (BucketMount mount = mount(Store.S3, cache, "cache.disk-lmdb.max-size = 1GiB")) {
      Path shard = mount.path().resolve("qwen/1");
      sum(shard);
      mount.unmount();
      mount.mount();
      assertEquals(SHARD_MIB << 20, kept(mount).getLong("kept"));
      assertFalse(kept(mount).getBoolean("pinned"));
      assertEquals("pinned qwen/1\n", mount.cache("pin", "qwen/1"));
      assertTrue(kept(mount).getBoolean("pinned"));
      assertEquals("unpinned qwen/1\n", mount.cache("pin", "--remove", "qwen/"));
      assertFalse(kept(mount).getBoolean("pinned"));
      assertTrue(mount.cache("verify").endsWith(" 0 bad\n"));
      assertTrue(mount.cache("stats").contains("corrupt-blocks   0\n"));
      assertEquals("evicted qwen/1\n", mount.cache("evict", "qwen/1"));
      assertEquals("Nothing is kept.\n", mount.cache("ls"));
      mount.unmount();
      assertEquals("Nothing is kept.\n", mount.cache("ls"));
    }
  }

  @Test
  void whatIsWarmedCanBePinned() {
    Path cache = installation.work().resolve("disk-pinned");
    try (BucketMount mount =
        mount(Store.S3, cache, "cache.disk-lmdb { max-size = 1GiB, fill-memory = 112MiB }")) {
      Command warm = mount.warmAndPin("qwen/1", "--json");
      assertEquals("", warm.err());
      assertEquals(
          SHARD_MIB << 20, ConfigFactory.parseString(warm.out()).getLong("pinned"), warm::out);
      assertEquals(0, warm.status());
      assertTrue(kept(mount).getBoolean("pinned"));
      assertEquals("qwen/1", kept(mount).getString("key"));

      assertEquals("evicted qwen/1\n", mount.cache("evict", "qwen/1"));
      Command again = mount.warmAndPin("qwen/1");
      assertEquals(1, again.status(), again::out);
      // What was in the page cache is not read again, but for pages Linux has taken back meanwhile.
      assertTrue(
          again.err().contains("qwen/1: not pinned: nothing of it is in")
              || again.err().contains("of 24.0 MiB are in the disk cache yet"),
          again::err);
      mount.unmount();
    }
  }

  @Test
  void aSecondMountOfTheSameDirectoryIsRefusedInOneLine() {
    Path cache = installation.work().resolve("disk-twice");
    try (BucketMount mount = mount(Store.S3, cache, "cache.disk-lmdb.max-size = 1GiB")) {
      Command second = mount.mountAlsoAt(installation.mountpoint("second"));
      assertEquals(1, second.status());
      assertEquals(1, second.err().lines().count(), second::err);
      assertTrue(second.err().contains("is used by process"), second::err);
      mount.unmount();
    }
  }

  @Test
  void aDaemonKilledWhileFourProcessesReadLeavesACacheThatIsRight() throws Exception {
    Random random = new Random(Long.getLong("sluice.seed", System.nanoTime()));
    Path cache = installation.work().resolve("disk-killed");
    Map<Integer, String> sums = new HashMap<>();
    for (int i = 0; i < SHARDS; i++) {
      sums.put(i, emulator.sha256("models", "qwen/" + i));
    }
    try (BucketMount mount =
        mount(Store.S3, cache, "cache.disk-lmdb.max-size = " + SMALL_CACHE_MIB + "MiB")) {
      for (int kill = 0; kill < KILLS; kill++) {
        List<Process> readers = new ArrayList<>();
        for (int i = 0; i < SHARDS; i++) {
          readers.add(reader(mount.path().resolve("qwen/" + i), sums.get(i)));
        }
        TimeUnit.MILLISECONDS.sleep(random.nextInt(LONGEST_LIFE_MILLIS));
        mount.kill();
        for (Process reader : readers) {
          reader.waitFor();
          assertEquals(
              "", new String(reader.getInputStream().readAllBytes(), UTF_8), "wrong bytes");
        }
        assertTrue(size(cache) <= SMALL_CACHE_MIB << 20);
        assertFalse(Files.exists(cache.resolve("index.bad")));
        mount.mount();
      }
      for (int i = 0; i < SHARDS; i++) {
        assertEquals(sums.get(i), sum(mount.path().resolve("qwen/" + i)));
      }
      mount.unmount();
    }
  }

  /** Starts a process that reads a file until it cannot, and says when it is not what it was. */
  private static Process reader(Path file, String sum) throws IOException {
    return new ProcessBuilder(
            "sh",
            "-c",
            "while s=$(sha256sum < '%s'); do [ \"$s\" = '%s  -' ] || echo \"$s\"; done"
                .formatted(file, sum))
        .redirectError(ProcessBuilder.Redirect.DISCARD)
        .start();
  }

  private BucketMount mount(Store store, Path cache, String settings) {
    return BucketMount.withDiskCache(installation, emulator, store, "models", cache, settings);
  }

  private static Config kept(BucketMount mount) {
    return ConfigFactory.parseString("kept = " + mount.cache("ls", "--json"))
        .getConfigList("kept")
        .getFirst();
  }

  private static String sum(Path file) {
    return Command.output("sha256sum", file.toString()).split(" ", 2)[0];
  }

  private static long size(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      long bytes = 0;
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        bytes += Files.size(file);
      }
      return bytes;
    }
  }
}
