// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.distribution;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.typesafe.config.Config;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What writing costs in requests, counted by the store. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RequestCountsTest {
  /** Size of the large files. Give -Dsluice.counted-mib=4096 for the size of a shard. */
  private static final long LARGE_MIB = Long.getLong("sluice.counted-mib", 256);

  private MountedBuckets buckets;
  private EmulatorProcess emulator;

  @BeforeAll
  void mountABucketOnEachStore() {
    buckets = MountedBuckets.open(getClass(), Store.values());
    emulator = buckets.emulator();
  }

  @AfterAll
  void unmountThem() throws IOException {
    buckets.close();
  }

  @ParameterizedTest
  @EnumSource(Store.class)
  void aLargeFileIsOneMultipartUpload(Store store) throws IOException {
    Path folder = buckets.mount(store).folder("large");
    emulator.resetCounters();
    Path file = large(folder);
    Config requests = requests();
    assertEquals(1, requests.getInt("multipart-initiate"), requests::toString);
    assertEquals(1, requests.getInt("multipart-complete"), requests::toString);
    assertEquals(0, requests.getInt("multipart-abort"), requests::toString);
    assertEquals(0, requests.getInt("put"), requests::toString);
    assertEquals(0, requests.getInt("get"), requests::toString);
    assertEquals(0, requests.getInt("copy"), requests::toString);
    assertTrue(requests.getInt("list") + requests.getInt("head") <= 2, requests::toString);
    assertEquals(LARGE_MIB << 20, emulator.counters().getLong("bytes-in"), "bytes sent");
    assertEquals(LARGE_MIB << 20, Files.size(file));
  }

  @ParameterizedTest
  @EnumSource(Store.class)
  void readingBackWhatWasJustWrittenDownloadsNothing(Store store) {
    Path folder = buckets.mount(store).folder("again");
    Writer.Written written = Writer.MODELSCOPE_DEFAULT.run(folder);
    emulator.resetCounters();
    assertEquals(written, Writer.MODELSCOPE_DEFAULT.run(folder, "--again"));
    assertEquals(0, requests().getInt("get"), () -> requests().toString());
    assertEquals(0, emulator.counters().getLong("bytes-out"), "bytes downloaded");
  }

  @ParameterizedTest
  @EnumSource(Store.class)
  void renamingAFileJustClosedMovesNoBytes(Store store) throws IOException {
    Path folder = buckets.mount(store).folder("rename");
    Path file = large(folder);
    Path renamed = folder.resolve("renamed.bin");
    emulator.resetCounters();
    Command.output("mv", file.toString(), renamed.toString());
    Config requests = requests();
    assertTrue(requests.getInt("copy") <= 1, requests::toString);
    assertEquals(0, requests.getInt("multipart-part"), requests::toString);
    assertEquals(0, requests.getInt("put"), requests::toString);
    assertEquals(0, requests.getInt("get"), requests::toString);
    assertEquals(0, emulator.counters().getLong("bytes-in"), "bytes sent");
    assertEquals(0, emulator.counters().getLong("bytes-out"), "bytes downloaded");
    assertEquals(LARGE_MIB << 20, Files.size(renamed));
  }

  @ParameterizedTest
  @EnumSource(Store.class)
  void aSmallFileIsOnePutAndAtMostOneMoreRequest(Store store) {
    Path file = buckets.mount(store).path().resolve("small");
    emulator.resetCounters();
    Command.output("sh", "-c", "echo hello > '" + file + "'");
    Config requests = requests();
    assertEquals(1, requests.getInt("put"), requests::toString);
    assertTrue(total(requests) <= 2, requests::toString);
  }

  @ParameterizedTest
  @EnumSource(Store.class)
  void removingAFileIsOneRequest(Store store) throws IOException {
    Path file = buckets.mount(store).folder("remove").resolve("small");
    Files.writeString(file, "hello\n");
    emulator.resetCounters();
    Files.delete(file);
    Config requests = requests();
    assertEquals(1, requests.getInt("delete"), requests::toString);
    assertEquals(1, total(requests), requests::toString);
  }

  private static Path large(Path folder) {
    Path file = folder.resolve("large.bin");
    Command.output(
        "dd", "if=/dev/urandom", "of=" + file, "bs=1M", "count=" + LARGE_MIB, "status=none");
    return file;
  }

  private Config requests() {
    return emulator.counters().getConfig("requests");
  }

  private static long total(Config requests) {
    return requests.root().values().stream()
        .mapToLong(count -> ((Number) count.unwrapped()).longValue())
        .sum();
  }
}
