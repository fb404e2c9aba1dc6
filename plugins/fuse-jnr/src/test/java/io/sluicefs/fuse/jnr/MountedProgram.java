// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.fuse.jnr;

import io.sluicefs.spi.fuse.FuseChannel;
import io.sluicefs.spi.fuse.MountOptions;
import io.sluicefs.spi.testkit.LeakCheckedMemory;
import io.sluicefs.spi.testkit.TestContext;
import io.sluicefs.spi.testkit.fuse.FileContent;
import io.sluicefs.spi.testkit.fuse.MemoryFileSystem;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;

/**
 * A process of its own with a mount, which it gives up on a signal as the daemon does. Its file is
 * {@code dir/small}.
 */
final class MountedProgram {
  private static final long MEMORY = 64L << 20;
  private static final Duration TTL = Duration.ofSeconds(60);

  private MountedProgram() {}

  public static void main(String[] args) throws Exception {
    Path mountpoint = Path.of(args[0]);
    MemoryFileSystem files = new MemoryFileSystem();
    files.addFile("dir/small", FileContent.pattern(2, 12_345));
    MountOptions options =
        new MountOptions(mountpoint, "memory", true, false, TTL, TTL, TTL, 1 << 20);
    JnrFuseChannelProvider provider = new JnrFuseChannelProvider();
    try (LeakCheckedMemory memory = new LeakCheckedMemory(MEMORY);
        FuseChannel channel = provider.open(TestContext.of(provider, Map.of(), memory), options)) {
      Runtime.getRuntime().addShutdownHook(new Thread(() -> giveUp(channel)));
      Thread.ofVirtual().start(() -> announce(mountpoint, files));
      channel.serve(files);
    }
  }

  /** Says when the mount answers. */
  private static void announce(Path mountpoint, MemoryFileSystem files) {
    while (files.initialised() == 0 || !Files.exists(mountpoint.resolve("dir/small"))) {
      Thread.onSpinWait();
    }
    System.out.println("mounted");
  }

  private static void giveUp(FuseChannel channel) {
    System.out.println("hook");
    channel.close();
    System.out.println("closed");
  }
}
