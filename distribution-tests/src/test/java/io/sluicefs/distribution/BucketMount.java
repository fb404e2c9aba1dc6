// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.distribution;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A bucket mounted at a place of its own; may be unmounted, killed, and mounted again. */
final class BucketMount implements AutoCloseable {
  private final Installation installation;
  private final Path configuration;
  private final Path path;

  private BucketMount(Installation installation, Path configuration, Path path) {
    this.installation = installation;
    this.configuration = configuration;
    this.path = path;
  }

  /** Mounts a bucket for writing. */
  static BucketMount forWriting(
      Installation installation, EmulatorProcess emulator, Store store, String bucket) {
    String name = "writing-" + bucket;
    return mounted(
        installation,
        name,
        store.transport(emulator, bucket)
            + """
            memory.limit = 384MiB
            mount.read-only = false
            write.staging { path = "%s", max-size = 2GiB }
            """
                .formatted(installation.mountpoint("staging-" + bucket)));
  }

  /** Mounts a bucket as another host does that only reads, and asks the store for everything. */
  static BucketMount forReading(
      Installation installation, EmulatorProcess emulator, Store store, String bucket) {
    return mounted(
        installation,
        "reading-" + bucket,
        store.transport(emulator, bucket)
            + """
            memory.limit = 256MiB
            mount.read-only = true
            metadata.attribute-ttl = 0
            """);
  }

  /** Mounts a bucket for writing, to try faults; nothing of what was read is kept. */
  static BucketMount faulted(
      Installation installation,
      EmulatorProcess emulator,
      Store store,
      String bucket,
      String settings) {
    return mounted(
        installation,
        bucket,
        store.transport(emulator, bucket)
            + """
            memory.limit = 512MiB
            write.part-size = 5MiB
            write.keep-size = 0
            write.staging { path = "%s", max-size = 2GiB }
            log.file = "%s"
            """
                .formatted(
                    installation.mountpoint("staging-" + bucket),
                    installation.work().resolve(bucket + ".log"))
            + settings);
  }

  /** Mounts a bucket as one does who only reads, with more settings. */
  static BucketMount observed(
      Installation installation, EmulatorProcess emulator, Store store, String settings) {
    return mounted(
        installation,
        "observed",
        store.transport(emulator, "models")
            + """
            memory.limit = 256MiB
            mount.read-only = true
            """
            + settings);
  }

  /** Mounts a bucket that is only read, with a cache on the disk. */
  static BucketMount withDiskCache(
      Installation installation,
      EmulatorProcess emulator,
      Store store,
      String bucket,
      Path cache,
      String settings) {
    return mounted(
        installation,
        "cached-" + store.slug(),
        store.transport(emulator, bucket)
            + """
            memory.limit = 384MiB
            mount.read-only = true
            cache.disk-lmdb { path = "%s", free-space-floor = 0 }
            """
                .formatted(cache)
            + settings);
  }

  /** Mounts a bucket with these settings and no others. */
  static BucketMount with(Installation installation, String name, String settings) {
    return mounted(installation, name, settings);
  }

  private static BucketMount mounted(Installation installation, String name, String text) {
    Path configuration = installation.configuration(name + ".conf", text);
    BucketMount mount = new BucketMount(installation, configuration, installation.mountpoint(name));
    mount.mount();
    return mount;
  }

  Path path() {
    return path;
  }

  /** Makes a folder for one test; mounts again if the test before it has left no mount. */
  Path folder(String name) {
    if (Mountpoints.daemons(path).isEmpty()) {
      mount();
    }
    try {
      return Files.createDirectory(path.resolve(name));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  void mount() {
    Command mount = installation.sluice("mount", "-c", configuration.toString(), path.toString());
    assertEquals(0, mount.status(), mount::toString);
    assertTrue(Mountpoints.isMounted(path));
  }

  /** Unmounts, which must find nothing left to do that could fail. */
  void unmount() {
    Command umount = installation.sluice("umount", path.toString());
    assertEquals(0, umount.status(), umount::toString);
    assertFalse(Mountpoints.isMounted(path));
  }

  /** Ends the daemon with SIGKILL and waits until it is gone. */
  void kill() {
    ProcessHandle daemon = Mountpoints.daemon(path);
    daemon.destroyForcibly();
    try {
      Mountpoints.awaitEnd(daemon);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  /** Runs a command of sluice with the configuration of this mount. */
  Command sluice(String command) {
    return installation.sluice(command, "-c", configuration.toString());
  }

  /** Runs a verb of {@code sluice cache}, which must succeed, and returns what it wrote. */
  String cache(String verb, String... keys) {
    List<String> words = new ArrayList<>(List.of("cache", verb, "-c", configuration.toString()));
    words.addAll(Arrays.asList(keys));
    Command command = installation.sluice(words.toArray(String[]::new));
    assertEquals(0, command.status(), command::toString);
    return command.out();
  }

  /** Loads a file into the page cache and pins it in the cache on the disk. */
  Command warmAndPin(String key, String... options) {
    List<String> words = new ArrayList<>(List.of("warm", "--pin", configuration.toString()));
    words.addAll(Arrays.asList(options));
    words.add(path.resolve(key).toString());
    return installation.sluice(words.toArray(String[]::new));
  }

  /** Tries to mount at another place with the same configuration. */
  Command mountAlsoAt(Path other) {
    return installation.sluice("mount", "-c", configuration.toString(), other.toString());
  }

  /** Ends and detaches what a failed test left mounted. */
  @Override
  public void close() {
    if (Mountpoints.isMounted(path)) {
      Mountpoints.daemons(path).forEach(ProcessHandle::destroyForcibly);
      Command.run("umount", "-l", path.toString());
    }
  }
}
