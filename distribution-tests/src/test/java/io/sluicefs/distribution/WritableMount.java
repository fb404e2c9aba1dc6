// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.distribution;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A bucket of its own, mounted for writing; may be unmounted and mounted again. */
final class WritableMount implements AutoCloseable {
  private final Installation installation;
  private final Path configuration;
  private final Path path;
  private final BucketContents contents;

  private WritableMount(
      Installation installation, Path configuration, Path path, BucketContents contents) {
    this.installation = installation;
    this.configuration = configuration;
    this.path = path;
    this.contents = contents;
  }

  /**
   * Makes a bucket and mounts it.
   *
   * @param name of the bucket, the mountpoint and the staging folder
   */
  static WritableMount open(
      Installation installation, EmulatorProcess emulator, Store store, String name) {
    emulator.createBucket(name);
    Path configuration =
        installation.configuration(
            store.transport(emulator, name)
                + """
                memory.limit = 256MiB
                mount.read-only = false
                write.staging { path = "%s", max-size = 2GiB }
                """
                    .formatted(installation.mountpoint("staging-" + name)));
    WritableMount mount =
        new WritableMount(
            installation,
            configuration,
            installation.mountpoint(name),
            new BucketContents(emulator, name));
    mount.mount();
    return mount;
  }

  Path path() {
    return path;
  }

  /** What the store holds, without asking the mount. */
  BucketContents contents() {
    return contents;
  }

  void mount() {
    Command mount = installation.sluice("mount", "-c", configuration.toString(), path.toString());
    assertEquals(0, mount.status(), mount.toString());
    assertTrue(Mountpoints.isMounted(path));
  }

  /** Unmounts, which must find nothing left to do that could fail. */
  void unmount() {
    Command umount = installation.sluice("umount", path.toString());
    assertEquals(0, umount.status(), umount.toString());
    assertFalse(Mountpoints.isMounted(path));
  }

  /** Forgets everything the daemon and Linux know of the bucket. */
  void remount() {
    unmount();
    mount();
  }

  /** Ends the daemon with SIGKILL and waits until it is gone. */
  void kill() {
    ProcessHandle daemon = Mountpoints.daemon(path);
    daemon.destroyForcibly();
    try {
      daemon.onExit().get(30, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    } catch (ExecutionException | TimeoutException e) {
      throw new AssertionError(e);
    }
  }

  /** Runs a command of sluice with the configuration of this mount. */
  Command sluice(String command) {
    return installation.sluice(command, "-c", configuration.toString());
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
