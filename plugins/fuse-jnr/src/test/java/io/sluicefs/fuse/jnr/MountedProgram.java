// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.fuse.jnr;

import io.sluicefs.spi.fuse.FuseChannel;
import io.sluicefs.spi.fuse.MountOptions;
import io.sluicefs.spi.testkit.LeakCheckedMemory;
import io.sluicefs.spi.testkit.TestContext;
import io.sluicefs.spi.testkit.fuse.FileContent;
import io.sluicefs.spi.testkit.fuse.MemoryFileSystem;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;

/** A process of its own with a mount, which it gives up on a signal as the daemon does. */
final class MountedProgram {
  private static final long SIZE = 4L << 30;

  private MountedProgram() {}

  public static void main(String[] args) throws Exception {
    MemoryFileSystem files = new MemoryFileSystem();
    MemorySegment ring = Arena.global().allocate(64 << 20, 4096);
    io.sluicefs.spi.testkit.fuse.Pattern.fill(1, 0, ring);
    files.addFile("big", FileContent.repeated(ring, SIZE));
    files.addFile("dir/small", FileContent.pattern(2, 12_345));
    MountOptions options =
        new MountOptions(
            Path.of(args[0]),
            "memory",
            true,
            false,
            Duration.ofSeconds(60),
            Duration.ofSeconds(60),
            Duration.ofSeconds(60),
            1 << 20);
    JnrFuseChannelProvider provider = new JnrFuseChannelProvider();
    try (LeakCheckedMemory memory = new LeakCheckedMemory(64 << 20);
        FuseChannel channel = provider.open(TestContext.of(provider, Map.of(), memory), options)) {
      Thread.ofPlatform().unstarted(() -> {});
      Runtime.getRuntime().addShutdownHook(new Thread(() -> giveUp(channel)));
      channel.serve(files);
      System.out.println("unmounted");
      System.out.flush();
    }
  }

  private static void giveUp(FuseChannel channel) {
    System.out.println("hook");
    System.out.flush();
    channel.close();
  }
}
