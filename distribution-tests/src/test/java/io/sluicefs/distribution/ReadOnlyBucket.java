// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.distribution;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A bucket of a store 20 ms away that gives each connection 100 MB/s, mounted to be read, and what
 * of it was downloaded.
 */
final class ReadOnlyBucket implements AutoCloseable {
  private static final String BUCKET = "models";

  private final Installation installation;
  private final EmulatorProcess emulator;
  private final HttpClient http = HttpClient.newHttpClient();
  private final Path mountpoint;

  private ReadOnlyBucket(Installation installation, EmulatorProcess emulator, Path mountpoint) {
    this.installation = installation;
    this.emulator = emulator;
    this.mountpoint = mountpoint;
  }

  /**
   * Mounts an empty bucket.
   *
   * @param settings lines of the configuration
   */
  static ReadOnlyBucket mounted(Class<?> test, String settings) {
    Installation installation = Installation.open(test);
    EmulatorProcess emulator =
        EmulatorProcess.start("--anonymous", "--latency", "20", "--bandwidth", "100000000");
    emulator.createBucket(BUCKET);
    Path mountpoint = installation.mountpoint("mnt");
    Path configuration =
        installation.configuration(
            Store.S3.transport(emulator, BUCKET)
                + "mount.read-only = true\nmetadata.attribute-ttl = 0\n"
                + settings);
    Command mount =
        installation.sluice("mount", "-c", configuration.toString(), mountpoint.toString());
    assertEquals(0, mount.status(), mount::toString);
    return new ReadOnlyBucket(installation, emulator, mountpoint);
  }

  Path work() {
    return installation.work();
  }

  Path mountpoint() {
    return mountpoint;
  }

  /** Makes an object of computed content, which depends on its size alone; returns its file. */
  Path synthetic(String key, long size) {
    emulator.putSynthetic(BUCKET, key, size, 7);
    return mountpoint.resolve(key);
  }

  /** Stores a local file; returns the file of the mount. */
  Path stored(String key, Path file) throws IOException, InterruptedException {
    var answer =
        http.send(
            HttpRequest.newBuilder(object(key)).PUT(BodyPublishers.ofFile(file)).build(),
            BodyHandlers.ofString());
    assertEquals(200, answer.statusCode(), answer::body);
    return mountpoint.resolve(key);
  }

  /** Makes a local copy of an object. */
  Path copy(String key) throws IOException, InterruptedException {
    Path copy = work().resolve("copy-of-" + key);
    var answer = http.send(HttpRequest.newBuilder(object(key)).build(), BodyHandlers.ofFile(copy));
    assertEquals(200, answer.statusCode());
    return copy;
  }

  private URI object(String key) {
    return URI.create(emulator.s3() + "/" + BUCKET + "/" + key);
  }

  /**
   * What was downloaded.
   *
   * @param bytes of objects
   * @param requests for them
   */
  record Downloaded(long bytes, int requests) {}

  /** Runs a program that must succeed, and returns what was downloaded meanwhile. */
  Downloaded during(String... command) {
    emulator.resetCounters();
    Command.output(command);
    var counters = emulator.counters();
    return new Downloaded(
        counters.getLong("bytes-out"), counters.getConfig("requests").getInt("get"));
  }

  /** Returns the largest resident size of the daemon so far. */
  long peakResidentBytes() throws IOException {
    Path status = Path.of("/proc", Long.toString(Mountpoints.daemon(mountpoint).pid()), "status");
    for (String line : Files.readAllLines(status)) {
      if (line.startsWith("VmHWM:")) {
        return Long.parseLong(line.replaceAll("\\D", "")) << 10;
      }
    }
    throw new AssertionError("no VmHWM in " + status);
  }

  /** Unmounts, which must succeed, and leaves nothing behind. */
  @Override
  public void close() throws IOException {
    http.close();
    Command umount = installation.sluice("umount", mountpoint.toString());
    emulator.close();
    assertEquals(0, umount.status(), umount::toString);
    Mountpoints.cleanUnder(installation.work());
  }
}
