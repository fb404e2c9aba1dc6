// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.spi.testkit.fuse;

import com.google.errorprone.annotations.MustBeClosed;
import io.sluicefs.spi.SettingException;
import io.sluicefs.spi.fuse.FuseChannel;
import io.sluicefs.spi.fuse.FuseChannelProvider;
import io.sluicefs.spi.fuse.FuseOperations;
import io.sluicefs.spi.fuse.MountOptions;
import io.sluicefs.spi.testkit.LeakCheckedMemory;
import io.sluicefs.spi.testkit.TestContext;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A file system mounted by a channel that is served on a thread of its own. Closing it unmounts and
 * fails if that does not end the session.
 */
public final class MountedFileSystem implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final long MEMORY = 256L << 20;

  private final Path mountpoint;
  private final FuseChannel channel;
  private final LeakCheckedMemory memory;
  private final CompletableFuture<Void> served = new CompletableFuture<>();

  private MountedFileSystem(Path mountpoint, FuseChannel channel, LeakCheckedMemory memory) {
    this.mountpoint = mountpoint;
    this.channel = channel;
    this.memory = memory;
  }

  /** Mounts, and returns when the file system answers. */
  @MustBeClosed
  @SuppressWarnings("MustBeClosedChecker") // closed by close
  public static MountedFileSystem mount(
      FuseChannelProvider provider,
      Map<String, String> settings,
      MountOptions options,
      FuseOperations operations)
      throws IOException, SettingException {
    LeakCheckedMemory memory = new LeakCheckedMemory(MEMORY);
    FuseChannel channel = provider.open(TestContext.of(provider, settings, memory), options);
    MountedFileSystem mounted = new MountedFileSystem(options.mountpoint(), channel, memory);
    mounted.start(operations);
    return mounted;
  }

  private void start(FuseOperations operations) throws IOException {
    Thread.ofPlatform()
        .name("serve " + mountpoint.getFileName())
        .daemon()
        .start(
            () -> {
              try {
                channel.serve(operations);
                served.complete(null);
              } catch (Throwable e) {
                served.completeExceptionally(e);
              }
            });
    awaitMounted();
  }

  private void awaitMounted() throws IOException {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!isMounted(mountpoint)) {
      if (served.isDone() || System.nanoTime() > deadline) {
        channel.close();
        memory.close();
        throw new IOException(reason());
      }
      Thread.onSpinWait();
    }
    // Answered when the session is ready.
    Program.run("stat", mountpoint.toString());
  }

  private String reason() {
    Throwable failure = served.isCompletedExceptionally() ? served.exceptionNow() : null;
    if (failure instanceof IOException) {
      return String.valueOf(failure.getMessage());
    }
    throw new AssertionError("not mounted at " + mountpoint, failure);
  }

  /** Returns where it is mounted. */
  public Path mountpoint() {
    return mountpoint;
  }

  /** Returns the path of something in it. */
  public Path path(String path) {
    return mountpoint.resolve(path);
  }

  /** Returns the channel. */
  public FuseChannel channel() {
    return channel;
  }

  /** Returns whether the session has ended. */
  public boolean isServed() {
    return served.isDone();
  }

  /** Waits for the session's end; fails if it was not a good one. */
  public void awaitServed() {
    try {
      served.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      throw new AssertionError("serve failed", e.getCause());
    } catch (TimeoutException e) {
      throw new AssertionError("serve does not return", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  @Override
  public void close() throws IOException {
    try {
      channel.unmount();
    } finally {
      channel.close();
    }
    awaitServed();
    if (isMounted(mountpoint)) {
      throw new AssertionError("still mounted: " + mountpoint);
    }
    memory.close();
  }

  /** Returns whether something is mounted there. */
  public static boolean isMounted(Path directory) throws IOException {
    return mountpoints().contains(directory.toString());
  }

  /** Detaches what a crashed run left mounted below a directory, and removes the mountpoints. */
  public static void clean(Path directory) throws IOException {
    for (String left : mountpoints()) {
      if (left.startsWith(directory + "/")) {
        Program.run("umount", "-l", left);
        Program.run("fusermount", "-u", "-z", left);
      }
    }
    if (Files.isDirectory(directory)) {
      try (DirectoryStream<Path> stale = Files.newDirectoryStream(directory)) {
        for (Path mountpoint : stale) {
          Files.delete(mountpoint);
        }
      }
    }
  }

  private static List<String> mountpoints() throws IOException {
    return Files.readAllLines(Path.of("/proc/self/mountinfo"), StandardCharsets.UTF_8).stream()
        .map(line -> line.split(" ", 6)[4].replace("\\040", " "))
        .toList();
  }
}
