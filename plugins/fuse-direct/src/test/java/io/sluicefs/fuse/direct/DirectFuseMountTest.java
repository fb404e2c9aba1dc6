// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.fuse.direct;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.errorprone.annotations.MustBeClosed;
import io.sluicefs.spi.fuse.FuseChannel;
import io.sluicefs.spi.fuse.MountOptions;
import io.sluicefs.spi.testkit.LeakCheckedMemory;
import io.sluicefs.spi.testkit.TestContext;
import io.sluicefs.spi.testkit.fuse.FileContent;
import io.sluicefs.spi.testkit.fuse.MemoryFileSystem;
import io.sluicefs.spi.testkit.fuse.MemoryFileSystem.Operation;
import io.sluicefs.spi.testkit.fuse.MountedFileSystem;
import io.sluicefs.spi.testkit.fuse.Pattern;
import io.sluicefs.spi.testkit.fuse.Program;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(value = 2, unit = TimeUnit.MINUTES)
class DirectFuseMountTest {
  private static final Duration TTL = Duration.ofSeconds(60);
  private static final int SIZE = 3 << 20;

  private final Path working = Path.of("target", "fuse-mounts", "own").toAbsolutePath();
  private final Path mountpoint = working.resolve("mount");
  private final MemoryFileSystem files = new MemoryFileSystem();

  @BeforeEach
  void makeMountpoint() throws Exception {
    Files.createDirectories(working);
    MountedFileSystem.clean(working);
    Files.createDirectory(mountpoint);
    files.addFile("file", FileContent.pattern(1, SIZE));
  }

  @AfterEach
  void checkFileSystem() throws Exception {
    assertFalse(MountedFileSystem.isMounted(mountpoint));
    Files.delete(mountpoint);
    files.check();
  }

  private static MountOptions options(Path mountpoint, int maxReadAhead) {
    return new MountOptions(mountpoint, "a,b\\c", false, false, TTL, TTL, TTL, maxReadAhead, true);
  }

  private void assertFileIsReadable() throws IOException {
    assertArrayEquals(Pattern.bytes(1, 0, SIZE), Files.readAllBytes(mountpoint.resolve("file")));
  }

  @Test
  void oneReaderAndTwoThreadsAreEnough() throws Exception {
    try (MountedFileSystem mounted =
        MountedFileSystem.mount(
            new DirectFuseChannelProvider(),
            Map.of("readers", "1", "threads", "2"),
            options(mountpoint, 1 << 20),
            files)) {
      assertFileIsReadable();
      Program.output(
          "sh", "-c", "for i in 1 2 3 4; do sha256sum " + mounted.path("file") + " & done; wait");
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {128, 1024, 4096})
  void linuxReadsAheadAsFarAsToldToRoot(int kibibytes) throws Exception {
    try (MountedFileSystem mounted =
        MountedFileSystem.mount(
            new DirectFuseChannelProvider(),
            Map.of(),
            options(mountpoint, kibibytes << 10),
            files)) {
      String device = Program.output("stat", "-c", "%Hd:%Ld", mounted.mountpoint().toString());
      assertEquals(
          Integer.toString(kibibytes),
          Files.readString(Path.of("/sys/class/bdi", device, "read_ahead_kb")).strip());
    }
  }

  @Test
  void writingDoesNotAskForCapabilitiesEachTime() throws Exception {
    try (MountedFileSystem mounted =
        MountedFileSystem.mount(
            new DirectFuseChannelProvider(), Map.of(), options(mountpoint, 1 << 20), files)) {
      String to = "of=" + mounted.path("new");
      Program.output("dd", "if=/dev/zero", to, "bs=4K", "count=200", "status=none");
      assertEquals(200, files.count(Operation.WRITE));
      assertTrue(files.count(Operation.XATTR) <= 2, files.count(Operation.XATTR) + " times");
    }
  }

  @Test
  void whatFusermountMountsIsServedByItsDescriptor() throws Exception {
    int descriptor = FuserMount.mount(mountpoint.toString(), options(mountpoint, 1 << 20));
    assertTrue(MountedFileSystem.isMounted(mountpoint));
    try (Serving serving = new Serving(descriptor)) {
      assertFileIsReadable();
      assertEquals("a,b\\c fuse.sluice", source());
      FuserMount.unmount(mountpoint.toString());
      serving.awaitEnd();
    }
  }

  private String source() {
    return Program.output(
            "findmnt", "-n", "-o", "SOURCE,FSTYPE", "--mountpoint", mountpoint.toString())
        .replaceAll(" +", " ");
  }

  @Test
  void unmountingADescriptorThatWasPassedEndsItsSessionAndLeavesTheMount() throws Exception {
    int descriptor = DirectMount.mount(mountpoint.toString(), options(mountpoint, 1 << 20));
    try (Serving serving = new Serving(descriptor)) {
      assertFileIsReadable();
      serving.channel.unmount();
      serving.awaitEnd();
      assertTrue(MountedFileSystem.isMounted(mountpoint));
      assertThrows(IOException.class, this::assertFileIsReadable);
    } finally {
      FuserMount.unmount(mountpoint.toString());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"/dev/fd/98765", "/dev/fd/0", "/dev/fd/x", "/dev/fd", "/dev/fd/1/2"})
  void aDescriptorThatIsNoneIsRefusedInOneLine(String path) {
    IOException refusal = assertThrows(IOException.class, () -> openAndClose(Path.of(path)));
    String message = String.valueOf(refusal.getMessage());
    assertTrue(message.contains(path), message);
    assertEquals(1, message.lines().count(), message);
  }

  private static void openAndClose(Path path) throws Exception {
    DirectFuseChannelProvider provider = new DirectFuseChannelProvider();
    try (LeakCheckedMemory memory = new LeakCheckedMemory(64 << 20);
        FuseChannel channel =
            provider.open(TestContext.of(provider, Map.of(), memory), options(path, 1 << 20))) {
      channel.unmount();
    }
  }

  @Test
  void whyFusermountRefusesIsSaid() {
    Path missing = working.resolve("missing");
    IOException refusal =
        assertThrows(
            IOException.class,
            () -> FuserMount.mount(missing.toString(), options(missing, 1 << 20)));
    String message = String.valueOf(refusal.getMessage());
    assertTrue(message.contains(missing.toString()), message);
    assertTrue(message.contains("No such file or directory"), message);
    assertEquals(1, message.lines().count(), message);
  }

  /** A descriptor, passed to a channel that serves it. */
  private final class Serving implements AutoCloseable {
    private final LeakCheckedMemory memory = new LeakCheckedMemory(64 << 20);
    private final CompletableFuture<Void> served = new CompletableFuture<>();
    private final FuseChannel channel;

    @MustBeClosed
    @SuppressWarnings("MustBeClosedChecker") // closed with this
    Serving(int descriptor) throws Exception {
      DirectFuseChannelProvider provider = new DirectFuseChannelProvider();
      channel =
          provider.open(
              TestContext.of(provider, Map.of(), memory),
              options(Path.of("/dev/fd/" + descriptor), 1 << 20));
      Thread.ofPlatform().daemon().start(this::serve);
    }

    private void serve() {
      try {
        channel.serve(files);
        served.complete(null);
      } catch (Throwable e) {
        served.completeExceptionally(e);
      }
    }

    void awaitEnd() {
      served.orTimeout(30, TimeUnit.SECONDS).join();
    }

    @Override
    public void close() {
      channel.close();
      awaitEnd();
      memory.close();
    }
  }
}
