// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.spi.testkit.fuse;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import com.google.errorprone.annotations.MustBeClosed;
import io.sluicefs.spi.fuse.Errno;
import io.sluicefs.spi.fuse.FuseChannelProvider;
import io.sluicefs.spi.fuse.FuseException;
import io.sluicefs.spi.fuse.MountOptions;
import io.sluicefs.spi.testkit.fuse.MemoryFileSystem.Operation;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.Timeout;

/**
 * What the suites of a FUSE channel share: the channel under test, and a {@link MemoryFileSystem}
 * it mounts.
 */
@Timeout(value = 3, unit = TimeUnit.MINUTES)
abstract class MountingSuite {
  static final int MIB = 1 << 20;
  static final Duration TTL = Duration.ofSeconds(60);
  static final Duration PATIENCE = Duration.ofSeconds(30);

  final long seed = Long.getLong("sluice.seed", System.nanoTime());
  final MemoryFileSystem files = new MemoryFileSystem();
  Path mountpoint;

  @SuppressWarnings("NullAway.Init") // set before each test
  MountingSuite() {}

  /** Returns the provider under test. */
  protected abstract FuseChannelProvider provider();

  /** Returns settings to test with; none by default. */
  protected Map<String, String> settings() {
    return Map.of();
  }

  /** Returns whether the channel carries operations that change the file system. */
  protected boolean carriesChanges() {
    return true;
  }

  /** Returns whether an operation is interrupted when whoever asked for it is killed. */
  protected boolean interruptsRequests() {
    return true;
  }

  /** Returns what the channel lacks; nothing by default. */
  protected Set<Capability> lacks() {
    return Set.of();
  }

  void assumeHas(Capability capability) {
    assumeFalse(lacks().contains(capability), "the channel lacks " + capability);
  }

  /** Returns the directory mountpoints are made in. */
  protected Path workingDirectory() {
    return Path.of("target", "fuse-mounts", getClass().getSimpleName()).toAbsolutePath();
  }

  @BeforeEach
  void makeMountpoint(TestInfo test) throws IOException {
    Path working = workingDirectory();
    Files.createDirectories(working);
    MountedFileSystem.clean(working);
    mountpoint =
        Files.createDirectory(working.resolve(test.getTestMethod().orElseThrow().getName()));
  }

  @AfterEach
  void checkFileSystem() throws IOException {
    assertFalse(MountedFileSystem.isMounted(mountpoint), "something is left mounted");
    assertEquals(files.initialised(), files.destroyed(), "sessions begun and ended");
    files.check();
    Files.delete(mountpoint);
  }

  MountOptions options(boolean readOnly) {
    return new MountOptions(mountpoint, "memory", readOnly, false, TTL, TTL, TTL, MIB);
  }

  @MustBeClosed
  MountedFileSystem mount() throws Exception {
    return MountedFileSystem.mount(provider(), settings(), options(false), files);
  }

  static void await(String what, BooleanSupplier condition) throws InterruptedException {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError("not within " + PATIENCE + ": " + what);
      }
      Thread.sleep(1);
    }
  }

  static String sha256(byte[] bytes) throws Exception {
    return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
  }

  static byte[] read(FileChannel file, long offset, int length) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(length);
    while (buffer.hasRemaining()) {
      if (file.read(buffer, offset + buffer.position()) < 0) {
        break;
      }
    }
    return Arrays.copyOf(buffer.array(), buffer.position());
  }

  void failWith(Operation failing, int errno) {
    files.intercept(
        (operation, caller, inode, name) -> {
          if (operation == failing) {
            throw new FuseException(errno);
          }
        });
  }

  static void awaitOrInterrupt(CountDownLatch latch) throws FuseException {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new FuseException(Errno.EINTR);
    }
  }
}
