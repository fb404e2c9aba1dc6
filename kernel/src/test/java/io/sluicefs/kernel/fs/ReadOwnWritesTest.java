// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.fs;

import static io.sluicefs.kernel.fs.Fixture.CALLER;
import static io.sluicefs.kernel.fs.Fixture.MIB;
import static io.sluicefs.kernel.fs.Fixture.NOTHING_KEPT;
import static io.sluicefs.kernel.fs.Fixture.O_WRONLY;
import static io.sluicefs.kernel.fs.Fixture.SMALL_PARTS;
import static io.sluicefs.kernel.fs.Fixture.random;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import io.sluicefs.spi.fuse.Errno;
import io.sluicefs.spi.fuse.FuseException;
import io.sluicefs.spi.fuse.FuseOperations;
import io.sluicefs.spi.fuse.OpenFile;
import io.sluicefs.spi.testkit.transport.MemoryTransport.Operation;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What was written is read without asking the store. */
class ReadOwnWritesTest {
  private static final int SIZE = 4 * MIB + 1234;

  private final byte[] bytes = random(SIZE, 1);
  private Fixture mount = Fixture.writable(null, SMALL_PARTS);

  @AfterEach
  void close() {
    mount.close();
  }

  @Test
  void whatIsBeingWrittenIsReadThroughEveryHandle() throws Exception {
    OpenFile writer = mount.create("a", Fixture.O_RDWR | Fixture.O_CREAT);
    mount.writeAll(writer, bytes);
    OpenFile reader = mount.open("a");
    assertArrayEquals(bytes, mount.readAll(writer, SIZE));
    assertArrayEquals(bytes, mount.readAll(reader, SIZE));
    assertEquals("", mount.read(reader, SIZE, 100));
    assertEquals(0, mount.count(Operation.READ));
    mount.close(writer);
    assertArrayEquals(bytes, mount.readAll(reader, SIZE));
    mount.close(reader);
    assertEquals(0, mount.count(Operation.READ));
  }

  @Test
  void aHandleOpenedBeforeTheFileIsWrittenSeesWhatIsWritten() throws Exception {
    mount.bucket.put("a", "before");
    OpenFile reader = mount.open("a");
    assertEquals("before", mount.read(reader, 0, 100));
    OpenFile writer = mount.open("a", O_WRONLY);
    mount.write(writer, 0, "BE");
    assertEquals("BEfore", mount.read(reader, 0, 100));
    mount.close(writer);
    assertEquals("BEfore", mount.read(reader, 0, 100));
    assertEquals("BEfore", mount.read(mount.open("a"), 0, 100));
    mount.close(reader);
  }

  @Test
  void readingAfterCloseDownloadsNothing() throws Exception {
    mount.store("small", random(1000, 2));
    mount.store("large", bytes);
    OpenFile small = mount.open("small");
    assertArrayEquals(random(1000, 2), mount.readAll(small, 1000));
    OpenFile large = mount.open("large");
    assertArrayEquals(bytes, mount.readAll(large, SIZE));
    assertEquals(0, mount.count(Operation.READ));
    mount.close(small);
    mount.close(large);
  }

  @Test
  void aRenameKeepsWhatIsInMemory() throws Exception {
    mount.store("a", bytes);
    mount.fs.rename(CALLER, FuseOperations.ROOT, "a", FuseOperations.ROOT, "b", 0);
    OpenFile file = mount.open("b");
    assertArrayEquals(bytes, mount.readAll(file, SIZE));
    assertEquals(0, mount.count(Operation.READ));
    mount.close(file);
    String cached =
        new String(
            mount.fs.getxattr(CALLER, mount.lookup("b").inode(), "user.sluice.cached-bytes"),
            StandardCharsets.UTF_8);
    assertEquals(SIZE, Integer.parseInt(cached));
  }

  @Test
  void bytesStreamedAndNoLongerInMemoryAreEbusyUntilTheFileIsClosed() throws Exception {
    mount.close();
    mount = Fixture.writable(null, NOTHING_KEPT);
    OpenFile writer = mount.create("a", Fixture.O_RDWR | Fixture.O_CREAT);
    mount.writeAll(writer, bytes);
    OpenFile reader = mount.open("a");
    // A part is in memory until it has arrived.
    assertTimeoutPreemptively(
        Duration.ofSeconds(30),
        () -> {
          while (errno(reader, 0) != Errno.EBUSY) {
            Thread.onSpinWait();
          }
        });
    int tail = 4 * MIB;
    assertArrayEquals(Arrays.copyOfRange(bytes, tail, SIZE), mount.readBytes(reader, tail, 4096));
    mount.close(writer);
    assertArrayEquals(bytes, mount.readAll(reader, SIZE));
    mount.close(reader);
  }

  private int errno(OpenFile file, long offset) {
    try {
      mount.readBytes(file, offset, 10);
      return 0;
    } catch (FuseException e) {
      return e.errno();
    }
  }
}
