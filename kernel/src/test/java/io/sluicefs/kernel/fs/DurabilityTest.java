// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.fs;

import static io.sluicefs.kernel.fs.Fixture.CALLER;
import static io.sluicefs.kernel.fs.Fixture.MIB;
import static io.sluicefs.kernel.fs.Fixture.O_CREAT;
import static io.sluicefs.kernel.fs.Fixture.O_EXCL;
import static io.sluicefs.kernel.fs.Fixture.O_TRUNC;
import static io.sluicefs.kernel.fs.Fixture.O_WRONLY;
import static io.sluicefs.kernel.fs.Fixture.SMALL_PARTS;
import static io.sluicefs.kernel.fs.Fixture.assertErrno;
import static io.sluicefs.kernel.fs.Fixture.random;
import static io.sluicefs.kernel.fs.Fixture.utf8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluicefs.kernel.staging.StagingArea;
import io.sluicefs.kernel.staging.StagingOptions;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import io.sluicefs.spi.fuse.AttributeChanges;
import io.sluicefs.spi.fuse.Caller;
import io.sluicefs.spi.fuse.CreatedFile;
import io.sluicefs.spi.fuse.Errno;
import io.sluicefs.spi.fuse.FuseException;
import io.sluicefs.spi.fuse.FuseOperations;
import io.sluicefs.spi.fuse.OpenFile;
import io.sluicefs.spi.testkit.transport.MemoryTransport.Operation;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** When the store has what was written, and what becomes of it when the store fails. */
class DurabilityTest {
  /** No thread has this number. */
  private static final Caller ANOTHER_PROCESS = new Caller(1000, 1000, 2_000_000_000);

  @TempDir Path temp;
  private StagingArea staging;
  private Fixture mount;

  @BeforeEach
  @SuppressWarnings("MustBeClosedChecker") // the mount closes it
  void mount() throws IOException {
    staging =
        StagingArea.open(
            new StagingOptions(temp.resolve("staging"), 64L * MIB, 0), Path.of("/no/mountpoint"));
    mount = Fixture.writable(staging, SMALL_PARTS);
  }

  @AfterEach
  void close() {
    mount.close();
    assertEquals(0, mount.bucket.pendingUploads());
  }

  @Test
  void closeReturnsWhenTheObjectIsComplete() throws Exception {
    OpenFile file = mount.create("a");
    mount.write(file, 0, "all of it");
    mount.fs.flush(CALLER, file.handle());
    assertEquals("all of it", mount.text("a"));
    mount.bucket.resetCounts();
    mount.fs.flush(CALLER, file.handle());
    mount.fs.release(file.handle());
    assertEquals(0, mount.requests());
  }

  @Test
  void fsyncStoresTheFileAsItIsUnderItsKey() throws Exception {
    byte[] bytes = random(5 * MIB, 1);
    OpenFile file = mount.create("a", O_WRONLY | O_CREAT | O_EXCL);
    mount.writeAll(file, Arrays.copyOf(bytes, 3 * MIB));
    mount.fs.fsync(CALLER, file.handle(), false);
    assertArrayEquals(Arrays.copyOf(bytes, 3 * MIB), mount.stored("a"));
    mount.bucket.resetCounts();
    mount.write(file, 3L * MIB, Arrays.copyOfRange(bytes, 3 * MIB, 5 * MIB));
    assertEquals(3 * MIB, mount.stored("a").length);
    mount.close(file);
    assertArrayEquals(bytes, mount.stored("a"));
    assertEquals(0, mount.count(Operation.READ));
    assertEquals(2, mount.count(Operation.UPLOAD_PART));
  }

  @Test
  void aProcessThatNeitherOpenedNorWroteStoresNothingWhenItCloses() throws Exception {
    OpenFile file = mount.create("a");
    mount.write(file, 0, "half");
    mount.fs.flush(ANOTHER_PROCESS, file.handle());
    assertFalse(mount.isStored("a"));
    mount.write(file, 4, " and half");
    mount.close(file);
    assertEquals("half and half", mount.text("a"));
  }

  @Test
  void whatNobodyFlushedIsStoredWhenTheLastDescriptorIsGone() throws Exception {
    OpenFile file = mount.create("a");
    mount.write(file, 0, "mapped");
    mount.fs.release(file.handle());
    assertEquals("mapped", mount.text("a"));
  }

  @Test
  void anEmptyFileIsStoredThoughItsProcessHasAnotherOfItsNameOpen() throws Exception {
    Caller here = new Caller(0, 0, Math.toIntExact(ProcessHandle.current().pid()));
    try (OutputStream _ = Files.newOutputStream(temp.resolve("a"))) {
      CreatedFile made = mount.fs.create(here, FuseOperations.ROOT, "a", 0644, O_WRONLY | O_CREAT);
      mount.fs.flush(here, made.file().handle());
      assertTrue(mount.isStored("a"));
      mount.fs.release(made.file().handle());
    }
  }

  @Test
  void ofHandlesClosedAtOnceOneStoresTheFile() throws Exception {
    mount.store("a", utf8("old"));
    CyclicBarrier together = new CyclicBarrier(2);
    for (int round = 0; round < 2000; round++) {
      OpenFile first = mount.open("a", O_WRONLY);
      OpenFile second = mount.open("a", O_WRONLY);
      String text = "round " + round;
      mount.write(first, 0, text);
      Thread other = Thread.ofPlatform().start(() -> release(second, together));
      release(first, together);
      other.join();
      assertEquals(text, mount.text("a"));
    }
  }

  private void release(OpenFile file, CyclicBarrier together) {
    try {
      together.await(10, TimeUnit.SECONDS);
    } catch (InterruptedException | BrokenBarrierException | TimeoutException e) {
      throw new IllegalStateException(e);
    }
    mount.fs.release(file.handle());
  }

  @Test
  void aFailedPartIsSentAgainAndTheFileIsWhole() throws Exception {
    byte[] bytes = random(2 * MIB + 1, 2);
    AtomicInteger parts = new AtomicInteger();
    mount.bucket.setGate(
        (operation, key) -> {
          if (operation == Operation.UPLOAD_PART && parts.incrementAndGet() == 2) {
            throw new StorageException(Kind.SERVER_ERROR, "the test fails the second part");
          }
        });
    OpenFile file = mount.create("a");
    mount.writeAll(file, bytes);
    mount.close(file);
    assertArrayEquals(bytes, mount.stored("a"));
    assertEquals(4, mount.count(Operation.UPLOAD_PART));
  }

  @Test
  void aFailureIsReportedByTheNextWriteAndNothingIsStored() throws Exception {
    byte[] bytes = random(8 * MIB, 3);
    mount.bucket.fail(Operation.UPLOAD_PART, Kind.SERVER_ERROR);
    OpenFile file = mount.create("a");
    assertErrno(Errno.EIO, () -> mount.writeAll(file, bytes));
    assertErrno(Errno.EIO, () -> mount.fs.fsync(CALLER, file.handle(), false));
    assertErrno(Errno.EIO, () -> mount.close(file));
    assertEquals(0, mount.bucket.keys().size());
    assertErrno(Errno.ENOENT, () -> mount.lookup("a"));
  }

  @Test
  void aFileThatLacksARefusedWriteIsNotStoredThoughTheStoreIsBack() throws Exception {
    byte[] bytes = random(8 * MIB, 3);
    mount.bucket.fail(Operation.UPLOAD_PART, Kind.SERVER_ERROR);
    OpenFile file = mount.create("a");
    assertErrno(Errno.EIO, () -> mount.writeAll(file, bytes));
    mount.bucket.openGate();
    assertErrno(Errno.EIO, () -> mount.fs.fsync(CALLER, file.handle(), false));
    assertErrno(Errno.EIO, () -> mount.close(file));
    assertEquals(0, mount.bucket.keys().size());
  }

  @Test
  void aFileThatIsBegunAnewAfterARefusedWriteIsStored() throws Exception {
    mount.bucket.fail(Operation.UPLOAD_PART, Kind.SERVER_ERROR);
    OpenFile file = mount.create("a");
    assertErrno(Errno.EIO, () -> mount.writeAll(file, random(8 * MIB, 3)));
    mount.bucket.openGate();
    mount.fs.setattr(
        CALLER,
        mount.lookup("a").inode(),
        file.handle(),
        new AttributeChanges(null, null, null, 0L, null));
    mount.write(file, 0, "again");
    mount.close(file);
    assertEquals("again", mount.text("a"));
  }

  @Test
  void aFailureAtCloseIsReportedThereAndTheNextCloseMayDoBetter() throws Exception {
    mount.bucket.fail(Operation.PUT, Kind.TIMEOUT);
    OpenFile file = mount.create("a");
    mount.write(file, 0, "text");
    assertErrno(Errno.ETIMEDOUT, () -> mount.fs.flush(CALLER, file.handle()));
    assertFalse(mount.isStored("a"));
    mount.bucket.openGate();
    mount.close(file);
    assertEquals("text", mount.text("a"));
  }

  @Test
  void anUploadThatCannotBeCompletedIsTriedAnewAndHasNoPartTwice() throws Exception {
    byte[] bytes = random(4 * MIB, 4);
    OpenFile file = mount.create("a");
    mount.writeAll(file, bytes);
    mount.write(file, 10, "early");
    mount.bucket.fail(Operation.COMPLETE_UPLOAD, Kind.SERVER_ERROR);
    assertErrno(Errno.EIO, () -> mount.fs.fsync(CALLER, file.handle(), false));
    mount.bucket.openGate();
    mount.fs.setattr(
        CALLER,
        mount.lookup("a").inode(),
        file.handle(),
        new AttributeChanges(null, null, null, 2L * MIB, null));
    mount.close(file);
    System.arraycopy(utf8("early"), 0, bytes, 10, 5);
    assertArrayEquals(Arrays.copyOf(bytes, 2 * MIB), mount.stored("a"));
  }

  @Test
  void whatCannotBeStoredIsKeptInStagingWithItsKey() throws Exception {
    mount.bucket.fail(Operation.PUT, Kind.ACCESS_DENIED);
    OpenFile file = mount.create("a");
    mount.write(file, 0, "precious");
    assertErrno(Errno.EACCES, () -> mount.close(file));
    assertErrno(Errno.ENOENT, () -> mount.lookup("a"));
    assertEquals(1, staging.leftovers().files().size());
    assertEquals("a", staging.leftovers().files().getFirst().origin().key());
  }

  @Test
  void whoOpensAFileWhileStoringItFailsHasItUntilHeClosesIt() throws Exception {
    OpenFile reader = openWhileStoringFails("a", "precious");
    assertEquals("precious", mount.read(reader, 0, 100));
    assertEquals(8, mount.lookup("a").attributes().size());
    assertEquals(0, staging.leftovers().files().size());
    mount.bucket.openGate();
    mount.fs.release(reader.handle());
    assertEquals("precious", mount.text("a"));
    assertEquals(8, mount.lookup("a").attributes().size());
  }

  @Test
  void whatHeCannotStoreEitherIsKeptOnce() throws Exception {
    OpenFile reader = openWhileStoringFails("a", "precious");
    mount.bucket.fail(Operation.PUT, Kind.ACCESS_DENIED);
    mount.fs.release(reader.handle());
    assertErrno(Errno.ENOENT, () -> mount.lookup("a"));
    assertEquals(1, staging.leftovers().files().size());
  }

  @Test
  void whatIsWrittenWhileAFileIsGivenUpIsStored() throws Exception {
    for (int round = 0; round < 1000; round++) {
      AtomicInteger refusals = new AtomicInteger(2);
      mount.bucket.setGate(
          (operation, key) -> {
            if (operation == Operation.PUT && refusals.getAndDecrement() > 0) {
              throw new StorageException(Kind.ACCESS_DENIED, "the test refuses it");
            }
          });
      OpenFile refused = mount.create("a");
      mount.write(refused, 0, "refused");
      assertErrno(Errno.EACCES, () -> mount.fs.flush(CALLER, refused.handle()));
      CyclicBarrier together = new CyclicBarrier(2);
      Thread other = Thread.ofPlatform().start(() -> release(refused, together));
      together.await(10, TimeUnit.SECONDS);
      OpenFile next = openOrCreate("a");
      String text = "round " + round;
      mount.write(next, 0, text);
      while (true) {
        try {
          mount.fs.flush(CALLER, next.handle());
          break;
        } catch (FuseException e) {
          assertEquals(Errno.EACCES, e.errno());
        }
      }
      assertEquals(text, mount.text("a"), "round " + round);
      mount.fs.release(next.handle());
      other.join();
      assertEquals(text, mount.text("a"));
      mount.fs.unlink(CALLER, FuseOperations.ROOT, "a");
    }
  }

  /** Opens as Linux does: a name that leads elsewhere by now is looked up once more. */
  private OpenFile openOrCreate(String name) throws FuseException {
    try {
      return mount.open(name, O_WRONLY | O_TRUNC);
    } catch (FuseException e) {
      return switch (e.errno()) {
        case Errno.ENOENT -> mount.create(name);
        case Errno.ESTALE -> openOrCreateAtLast(name);
        default -> throw e;
      };
    }
  }

  private OpenFile openOrCreateAtLast(String name) throws FuseException {
    try {
      return mount.open(name, O_WRONLY | O_TRUNC);
    } catch (FuseException e) {
      if (e.errno() == Errno.ENOENT) {
        return mount.create(name);
      }
      throw e;
    }
  }

  /** Leaves a file to who opened it to read while its writer's last try to store it failed. */
  private OpenFile openWhileStoringFails(String name, String text) throws Exception {
    AtomicReference<OpenFile> reader = new AtomicReference<>();
    mount.bucket.setGate(
        (operation, key) -> {
          if (operation == Operation.PUT) {
            reader.set(assertDoesNotThrow(() -> mount.open(name)));
            throw new StorageException(Kind.ACCESS_DENIED, "the test refuses it");
          }
        });
    OpenFile file = mount.create(name);
    mount.write(file, 0, text);
    mount.fs.release(file.handle());
    return reader.get();
  }

  @Test
  void whatIsOpenWhenTheDaemonEndsIsKeptInStaging() throws Exception {
    mount.write(mount.create("a"), 0, "not closed");
    mount.fs.close();
    assertEquals(0, mount.bucket.keys().size());
    assertEquals(1, staging.leftovers().files().size());
  }
}
