// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.distribution;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.typesafe.config.Config;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** What people do with files of a mount, with the programs they do it with. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class ReadsThroughAMount {
  private static final String BUCKET = "models";
  private static final long BIG = 300L << 20;
  private static final int ENTRIES = 10_000;

  private final Map<String, byte[]> contents = contents();
  private final Store store;
  private EmulatorProcess emulator;
  private Installation installation;
  private Path mountpoint;

  ReadsThroughAMount(Store store) {
    this.store = store;
  }

  @BeforeAll
  void mountABucket() {
    emulator = EmulatorProcess.start();
    emulator.createBucket(BUCKET);
    contents.forEach((key, content) -> emulator.put(BUCKET, key, content));
    emulator.putSynthetic(BUCKET, "big.bin", BIG, 7);
    for (int i = 0; i < ENTRIES; i++) {
      emulator.putSynthetic(BUCKET, "many/file-%05d".formatted(i), i + 1, i);
    }
    installation = Installation.open(getClass());
    mountpoint = installation.mountpoint("mnt");
    Path configuration =
        installation.configuration(
            store.transport(emulator, BUCKET) + "memory.limit = 384MiB\nmount.read-only = true\n");
    Command mount =
        installation.sluice("mount", "-c", configuration.toString(), mountpoint.toString());
    assertEquals(0, mount.status(), mount.toString());
    assertTrue(Mountpoints.isMounted(mountpoint));
  }

  @AfterAll
  void unmountIt() throws IOException {
    Command umount = installation.sluice("umount", mountpoint.toString());
    emulator.close();
    assertEquals(0, umount.status(), umount.toString());
    Mountpoints.cleanUnder(installation.work());
  }

  @Test
  void findListsEveryObjectOnce() {
    List<String> found =
        Command.output("find", mountpoint.toString(), "-type", "f", "-not", "-path", "*/many/*")
            .lines()
            .map(line -> mountpoint.relativize(Path.of(line)).toString())
            .sorted()
            .toList();
    List<String> expected =
        Stream.concat(contents.keySet().stream(), Stream.of("big.bin")).sorted().toList();
    assertEquals(expected, found);
  }

  @Test
  void listingRecursivelyShowsSizes() {
    String listing = Command.output("ls", "-lR", mountpoint.toString());
    contents.forEach(
        (key, content) ->
            assertTrue(
                listing.contains(" " + content.length + " "), key + " with its size in\n" + key));
  }

  @Test
  void sha256sumAgreesWithTheObjects() {
    contents.keySet().forEach(this::assertSameSum);
    assertSameSum("big.bin");
  }

  @Test
  void copyingTheTreeKeepsEveryByte() throws IOException {
    Path copy = installation.work().resolve("copy");
    Files.createDirectories(copy);
    Command.output("cp", "-r", mountpoint.resolve("dir").toString(), copy.toString());
    for (Map.Entry<String, byte[]> entry : contents.entrySet()) {
      if (entry.getKey().startsWith("dir/")) {
        assertEquals(
            -1,
            Arrays.mismatch(entry.getValue(), Files.readAllBytes(copy.resolve(entry.getKey()))));
      }
    }
  }

  @Test
  void mmapFromPythonSeesTheBytes() {
    byte[] content = contents.get("dir/odd-size.bin");
    String script =
        """
        import mmap, sys, hashlib
        with open(sys.argv[1], 'rb') as f, mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_READ) as m:
            print(len(m), m[-1], m[123456], hashlib.sha256(m[4097:1000001]).hexdigest())
        """;
    String printed =
        Command.output("python3", "-c", script, mountpoint.resolve("dir/odd-size.bin").toString());
    assertEquals(
        "%d %d %d %s"
            .formatted(
                content.length,
                content[content.length - 1] & 0xff,
                content[123456] & 0xff,
                Sums.sha256(Arrays.copyOfRange(content, 4097, 1000001))),
        printed.strip());
  }

  @Test
  void tailAndOddOffsetsAgree() throws IOException {
    byte[] content = contents.get("dir/odd-size.bin");
    Path file = mountpoint.resolve("dir/odd-size.bin");
    Path out = installation.work().resolve("piece");
    Command.output("sh", "-c", "tail -c 777 '%s' > '%s'".formatted(file, out));
    assertEquals(
        -1,
        Arrays.mismatch(
            Arrays.copyOfRange(content, content.length - 777, content.length),
            Files.readAllBytes(out)));
    for (int offset : new int[] {1, 4095, 131071, 131073, 1048577, content.length - 1}) {
      Command.output(
          "dd",
          "if=" + file,
          "of=" + out,
          "bs=65537",
          "count=3",
          "skip=" + offset,
          "iflag=skip_bytes",
          "status=none");
      assertEquals(
          -1,
          Arrays.mismatch(
              Arrays.copyOfRange(content, offset, Math.min(content.length, offset + 3 * 65537)),
              Files.readAllBytes(out)),
          "from offset " + offset);
    }
  }

  @Test
  void aDirectoryOfTenThousandIsListedWithTenRequestsAndNoHead() {
    Path fresh = installation.mountpoint("fresh");
    Path configuration = installation.configuration(store.transport(emulator, BUCKET));
    Command mount = installation.sluice("mount", "-c", configuration.toString(), fresh.toString());
    assertEquals(0, mount.status(), mount.toString());
    try {
      Command.output("stat", fresh.resolve("many").toString());
      emulator.resetCounters();
      String listing = Command.output("ls", "-l", fresh.resolve("many").toString());
      assertEquals(ENTRIES + 1, listing.lines().count());
      Command.output("stat", fresh.resolve("many/file-00000").toString());
      Command.output("stat", fresh.resolve("many/file-09999").toString());
      Command.run("stat", fresh.resolve("many/no-such-file").toString());
      Config requests = emulator.counters().getConfig("requests");
      assertEquals(10, requests.getInt("list"), requests.toString());
      assertEquals(0, requests.getInt("head"), requests.toString());
    } finally {
      assertEquals(0, installation.sluice("umount", fresh.toString()).status());
    }
  }

  @Test
  void writingIsRefusedCleanly() {
    Command touch = Command.run("touch", mountpoint.resolve("new-file").toString());
    assertEquals(1, touch.status());
    assertTrue(touch.err().contains("Read-only file system"), touch.err());
  }

  @Test
  void anotherMountHasItsOwnPrefix() {
    Path inner = installation.mountpoint("inner");
    Path configuration =
        installation.configuration(store.transport(emulator, BUCKET) + "mount.prefix = \"dir/\"\n");
    Command mount = installation.sluice("mount", "-c", configuration.toString(), inner.toString());
    assertEquals(0, mount.status(), mount.toString());
    try {
      assertEquals("odd-size.bin\nsub\n", Command.output("ls", inner.toString()));
    } finally {
      assertEquals(0, installation.sluice("umount", inner.toString()).status());
    }
  }

  private void assertSameSum(String key) {
    String sum =
        Command.output("sha256sum", mountpoint.resolve(key).toString()).replaceAll("^\\\\", "");
    assertEquals(emulator.sha256(BUCKET, key), sum.substring(0, 64), key);
  }

  private static Map<String, byte[]> contents() {
    Map<String, byte[]> contents = new TreeMap<>();
    contents.put("README.txt", "a small file\n".getBytes(StandardCharsets.UTF_8));
    contents.put("empty", new byte[0]);
    contents.put("dir/odd-size.bin", random(5_000_011));
    contents.put("dir/sub/one-byte", new byte[] {42});
    contents.put("dir/sub/exact-block.bin", random(131_072));
    contents.put("with space/ünïcode ☃.bin", random(70_001));
    contents.put("with space/percent%20and+plus&amp;?#.bin", random(999));
    IntStream.range(0, 30).forEach(i -> contents.put("deep/a/b/c/d/e/file" + i, random(1000 + i)));
    return contents;
  }

  private static byte[] random(int size) {
    byte[] bytes = new byte[size];
    new Random(size).nextBytes(bytes);
    return bytes;
  }
}
