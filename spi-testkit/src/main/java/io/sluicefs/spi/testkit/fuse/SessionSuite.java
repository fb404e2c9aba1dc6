// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.spi.testkit.fuse;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluicefs.spi.fuse.FuseChannel;
import io.sluicefs.spi.fuse.MountOptions;
import io.sluicefs.spi.testkit.LeakCheckedMemory;
import io.sluicefs.spi.testkit.TestContext;
import io.sluicefs.spi.testkit.fuse.MemoryFileSystem.Operation;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Collectors;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

/** How a FUSE channel must mount, unmount and end. */
abstract class SessionSuite extends FailuresSuite {
  @Test
  void theSessionBeginsOnceBeforeTheFirstRequestAndEndsOnceAfterTheLast() throws Exception {
    files.addFile("file", FileContent.pattern(0, 10));
    Queue<String> wrong = new ConcurrentLinkedQueue<>();
    files.intercept(
        (operation, caller, inode, name) -> {
          if (files.initialised() != 1 || files.destroyed() != 0) {
            wrong.add(operation.name());
          }
        });
    try (MountedFileSystem mounted = mount()) {
      Files.readAllBytes(mounted.path("file"));
      assertEquals(1, files.initialised());
      assertEquals(0, files.destroyed());
    }
    assertEquals(1, files.destroyed());
    assertEquals(List.of(), List.copyOf(wrong));
  }

  @Test
  void anUnmountFromOutsideEndsTheSession() throws Exception {
    try (MountedFileSystem mounted = mount()) {
      Program.Result result = Program.run("fusermount", "-u", mountpoint.toString());
      assertEquals(0, result.status(), result.errors());
      mounted.awaitServed();
    }
  }

  // Threads read the device while it ends; more than one end of that has been seen.
  @RepeatedTest(20)
  void withAnOpenFileUnmountDetachesAndTheLastCloseEndsTheSession() throws Exception {
    files.addFile("file", FileContent.pattern(16, 2 * MIB));
    try (MountedFileSystem mounted = mount()) {
      try (FileChannel file = FileChannel.open(mounted.path("file"))) {
        mounted.channel().unmount();
        assertFalse(MountedFileSystem.isMounted(mountpoint));
        assertFalse(mounted.isServed());
        assertArrayEquals(Pattern.bytes(16, MIB, 1000), read(file, MIB, 1000));
        mounted.channel().unmount();
        assertFalse(mounted.isServed());
      }
      mounted.awaitServed();
    }
  }

  @Test
  void closeEndsTheSessionWhateverIsOpen() throws Exception {
    files.addFile("file", FileContent.pattern(17, 8 * MIB));
    try (MountedFileSystem mounted = mount()) {
      FileChannel file = FileChannel.open(mounted.path("file"));
      assertArrayEquals(Pattern.bytes(17, 0, 10), read(file, 0, 10));
      mounted.channel().close();
      mounted.awaitServed();
      assertThrows(IOException.class, () -> read(file, 6 * MIB, 10));
      mounted.channel().close();
      // Its last flush meets no session.
      assertThrows(IOException.class, file::close);
    }
  }

  @Test
  void closeEndsTheSessionAfterADetach() throws Exception {
    files.addFile("file", FileContent.pattern(18, 8 * MIB));
    try (MountedFileSystem mounted = mount()) {
      FileChannel file = FileChannel.open(mounted.path("file"));
      mounted.channel().unmount();
      assertArrayEquals(Pattern.bytes(18, 0, 10), read(file, 0, 10));
      mounted.channel().close();
      mounted.awaitServed();
      // Its last flush meets no session.
      assertThrows(IOException.class, file::close);
    }
  }

  @Test
  void closeInterruptsWhatIsStillAnswered() throws Exception {
    files.addFile("file", FileContent.pattern(19, 10));
    CountDownLatch waiting = new CountDownLatch(1);
    try (MountedFileSystem mounted = mount()) {
      files.intercept(
          (operation, caller, inode, name) -> {
            if (operation == Operation.READ) {
              waiting.countDown();
              awaitOrInterrupt(new CountDownLatch(1));
            }
          });
      Process reader = Program.start("cat", mounted.path("file").toString());
      waiting.await();
      mounted.channel().close();
      mounted.awaitServed();
      assertNotEquals(0, reader.waitFor());
    }
  }

  @Test
  void theSamePlaceCanBeMountedAgainAndAgain() throws Exception {
    files.addFile("file", FileContent.pattern(20, 1000));
    for (int i = 0; i < 5; i++) {
      try (MountedFileSystem mounted = mount()) {
        assertArrayEquals(Pattern.bytes(20, 0, 1000), Files.readAllBytes(mounted.path("file")));
      }
    }
    assertEquals(5, files.destroyed());
  }

  @Test
  void aSessionThatEndsLeavesWhatIsMountedThereNow() throws Exception {
    files.addFile("file", FileContent.pattern(21, MIB));
    MemoryFileSystem other = new MemoryFileSystem();
    other.addFile("other", FileContent.pattern(22, 10));
    try (MountedFileSystem first = mount()) {
      FileChannel file = FileChannel.open(first.path("file"));
      first.channel().unmount();
      try (MountedFileSystem second =
          MountedFileSystem.mount(provider(), settings(), options(false), other)) {
        file.close();
        first.awaitServed();
        first.channel().unmount();
        first.channel().close();
        assertArrayEquals(Pattern.bytes(22, 0, 10), Files.readAllBytes(second.path("other")));
      }
    }
    other.check();
  }

  @Test
  void unmountedBeforeItIsServedItNeverMounts() throws Exception {
    try (LeakCheckedMemory memory = new LeakCheckedMemory(64L * MIB);
        FuseChannel channel =
            provider().open(TestContext.of(provider(), settings(), memory), options(false))) {
      channel.unmount();
      channel.serve(files);
    }
    assertEquals(0, files.initialised());
  }

  @Test
  void aChannelThatIsNeverServedHoldsNothing() throws Exception {
    try (LeakCheckedMemory memory = new LeakCheckedMemory(64L * MIB);
        FuseChannel channel =
            provider().open(TestContext.of(provider(), settings(), memory), options(false))) {
      closeTwice(channel);
    }
  }

  private static void closeTwice(FuseChannel channel) {
    channel.close();
    channel.close();
  }

  @Test
  void noThreadIsLeft() throws Exception {
    files.addFile("file", FileContent.pattern(23, MIB));
    mountAndRead();
    Set<Thread> before = platformThreads();
    mountAndRead();
    await("threads end", () -> before.containsAll(platformThreads()));
  }

  private void mountAndRead() throws Exception {
    try (MountedFileSystem mounted = mount()) {
      assertEquals(MIB, Files.readAllBytes(mounted.path("file")).length);
    }
  }

  /** Returns the threads of the process, without those the JDK keeps for child processes. */
  private static Set<Thread> platformThreads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> !thread.getName().startsWith("process reaper"))
        .filter(thread -> !thread.getName().startsWith("ForkJoinPool"))
        .filter(thread -> !thread.getName().startsWith("VirtualThread"))
        .collect(Collectors.toSet());
  }

  @Test
  void operationsRunOnTheSameFewThreads() throws Exception {
    files.addFile("file", FileContent.pattern(24, 4 * MIB));
    files.directIo(true);
    Set<Thread> threads = ConcurrentHashMap.newKeySet();
    files.intercept((operation, caller, inode, name) -> threads.add(Thread.currentThread()));
    try (MountedFileSystem mounted = mount()) {
      for (int i = 0; i < 20; i++) {
        Files.readAllBytes(mounted.path("file"));
      }
      assertTrue(threads.size() <= 64, threads.size() + " threads");
      for (Thread thread : threads) {
        assertTrue(thread.isAlive(), thread.getName());
      }
    }
  }

  @Test
  void everyLookupIsGivenBackOrTheSessionEnded() throws Exception {
    for (int i = 0; i < 500; i++) {
      files.addFile("dir-" + i % 10 + "/file-" + i, FileContent.pattern(i, i));
    }
    try (MountedFileSystem mounted = mount()) {
      assertEquals(
          510,
          Program.output("find", mounted.mountpoint().toString(), "-mindepth", "1")
              .lines()
              .count());
      Program.output("sh", "-c", "cat " + mountpoint + "/*/* | wc -c");
      assertTrue(files.lookups() > 0);
    }
    assertTrue(files.lookups() == 0 || files.destroyed() == 1);
  }

  @Test
  void aMountpointThatIsNoneIsRefusedInOneLine() throws Exception {
    Path missing = mountpoint.resolve("missing");
    assertRefused(missing);
    Path file = Files.createFile(mountpoint.resolve("file"));
    assertRefused(file);
    // Not empty: it holds the file.
    assertRefused(mountpoint);
    Files.delete(file);
  }

  private void mountBriefly(MountOptions options) throws Exception {
    try (MountedFileSystem mounted =
        MountedFileSystem.mount(provider(), settings(), options, files)) {
      mounted.channel().unmount();
    }
  }

  private void assertRefused(Path at) {
    MountOptions options = new MountOptions(at, "memory", false, false, TTL, TTL, TTL, MIB);
    IOException refusal = assertThrows(IOException.class, () -> mountBriefly(options));
    String message = String.valueOf(refusal.getMessage());
    assertTrue(message.contains(at.toString()), message);
    assertEquals(1, message.lines().count(), message);
  }
}
