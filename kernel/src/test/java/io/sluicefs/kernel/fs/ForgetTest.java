// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.fs;

import static io.sluicefs.kernel.fs.Fixture.CALLER;
import static io.sluicefs.kernel.fs.Fixture.OPTIONS;
import static io.sluicefs.kernel.fs.Fixture.assertErrno;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import io.sluicefs.kernel.namespace.NamespaceOptions.Limits;
import io.sluicefs.spi.fuse.Entry;
import io.sluicefs.spi.fuse.Errno;
import io.sluicefs.spi.fuse.FuseException;
import io.sluicefs.spi.fuse.FuseOperations;
import io.sluicefs.spi.fuse.OpenFile;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.FutureTask;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class ForgetTest {
  private static final long ROOT = FuseOperations.ROOT;
  private static final int THREADS = 8;
  private static final int ROUNDS = 3000;

  private Fixture mount = new Fixture();

  @AfterEach
  void close() {
    mount.close();
  }

  private void mountWith(int inodes, int idle) {
    mount.close();
    mount = new Fixture("", OPTIONS.withLimits(new Limits(inodes, idle, 1 << 24)));
  }

  @Test
  void anInodeLivesUntilEveryLookupIsTakenBack() throws Exception {
    mountWith(1000, 0);
    mount.bucket.put("a", "one");
    long inode = mount.lookup("a").inode();
    assertEquals(inode, mount.lookup("a").inode());
    assertEquals(inode, mount.lookup("a").inode());
    mount.fs.forget(inode, 2);
    assertEquals(inode, mount.fs.getattr(CALLER, inode).inode());
    mount.fs.forget(inode, 1);
    assertErrno(Errno.ESTALE, () -> mount.fs.getattr(CALLER, inode));
    assertEquals(1, mount.fs.stats().inodes());
    assertNotEquals(inode, mount.lookup("a").inode());
  }

  @Test
  void aForgottenNameLookedUpSoonAgainCostsNoRequest() throws Exception {
    mount.bucket.put("a", "one");
    long inode = mount.lookup("a").inode();
    mount.fs.forget(inode, 1);
    assertEquals(inode, mount.lookup("a").inode());
    assertEquals(1, mount.requests());
  }

  @Test
  void anOpenFileAndAnOpenDirectoryOutliveTheirLookups() throws Exception {
    mountWith(1000, 0);
    mount.bucket.put("d/a", "one");
    Entry directory = mount.lookup("d");
    Entry file = mount.lookup(directory.inode(), "a");
    OpenFile open = mount.fs.open(CALLER, file.inode(), 0);
    OpenFile listed = mount.opendir(directory.inode());
    mount.fs.forget(file.inode(), 1);
    mount.fs.forget(directory.inode(), 1);
    assertEquals("one", mount.read(open, 0, 10));
    assertEquals(3, mount.readAll(listed).names().size());
    mount.fs.releasedir(listed.handle());
    mount.fs.release(open.handle());
    assertEquals(1, mount.fs.stats().inodes());
  }

  @Test
  void aParentForgottenBeforeItsChildIsGivenUpAfterIt() throws Exception {
    mountWith(1000, 0);
    mount.bucket.put("a/b/c/d", "one");
    List<Long> chain = new ArrayList<>();
    long parent = ROOT;
    for (String name : List.of("a", "b", "c", "d")) {
      parent = mount.lookup(parent, name).inode();
      chain.add(parent);
    }
    assertEquals(5, mount.fs.stats().inodes());
    for (int i = 0; i < 3; i++) {
      mount.fs.forget(chain.get(i), 1);
    }
    assertEquals(5, mount.fs.stats().inodes());
    mount.fs.forget(chain.get(3), 1);
    assertEquals(1, mount.fs.stats().inodes());
  }

  @Test
  void theRootIsNeverForgotten() throws Exception {
    mount.fs.forget(ROOT, 1000);
    assertEquals(ROOT, mount.fs.getattr(CALLER, ROOT).inode());
  }

  @Test
  void idleInodesGiveWayWhenTheTableIsFullAndHeldOnesAreEnomem() throws Exception {
    mountWith(100, 100);
    List<Long> held = new ArrayList<>();
    for (int i = 0; i < 300; i++) {
      mount.bucket.put("f" + i, "x");
      long inode = mount.lookup("f" + i).inode();
      if (i % 4 == 0) {
        held.add(inode);
      } else {
        mount.fs.forget(inode, 1);
      }
    }
    for (int i = held.size(); i < 99; i++) {
      mount.bucket.put("g" + i, "x");
      mount.lookup("g" + i);
    }
    mount.bucket.put("one-too-many", "x");
    assertErrno(Errno.ENOMEM, () -> mount.lookup("one-too-many"));
    mount.fs.forget(held.getFirst(), 1);
    mount.lookup("one-too-many");
  }

  @Test
  void lookupsAndForgetsOfManyThreadsBalance() throws Exception {
    mountWith(10_000, 5);
    for (int d = 0; d < 3; d++) {
      for (int i = 0; i < 10; i++) {
        mount.bucket.put("d%d/f%d".formatted(d, i), "x".repeat(i));
      }
    }
    List<FutureTask<Boolean>> tasks =
        IntStream.range(0, THREADS)
            .mapToObj(seed -> new FutureTask<>(() -> lookUpAndForget(new Random(seed))))
            .toList();
    tasks.forEach(task -> Thread.ofPlatform().start(task));
    for (FutureTask<Boolean> task : tasks) {
      task.get();
    }
    // Nothing is held any more: only the root and the idle are left.
    assertEquals(0, mount.fs.openFiles());
    assertEquals(0, mount.fs.openDirectories());
    int left = mount.fs.stats().inodes();
    assertEquals(true, left <= 1 + 5 + 3, "left: " + left);
  }

  private boolean lookUpAndForget(Random random) throws Exception {
    List<Long> held = new ArrayList<>();
    for (int round = 0; round < ROUNDS; round++) {
      switch (random.nextInt(8)) {
        case 0 -> mount.pass(Duration.ofSeconds(random.nextInt(30)));
        case 1 -> mount.bucket.put("d0/f" + random.nextInt(10), "x".repeat(random.nextInt(10)));
        case 2 -> list("d" + random.nextInt(3), held);
        default -> use("d" + random.nextInt(3), "f" + random.nextInt(10), held);
      }
      while (held.size() > 20) {
        mount.fs.forget(held.remove(random.nextInt(held.size())), 1);
      }
    }
    held.forEach(inode -> mount.fs.forget(inode, 1));
    return true;
  }

  private void use(String directory, String name, List<Long> held) throws Exception {
    long parent = mount.lookup(ROOT, directory).inode();
    held.add(parent);
    long file = mount.lookup(parent, name).inode();
    held.add(file);
    try {
      mount.fs.getattr(CALLER, file);
      OpenFile open = mount.fs.open(CALLER, file, 0);
      mount.fs.release(open.handle());
    } catch (FuseException e) {
      // Overwritten by another thread in between.
      assertEquals(Errno.ESTALE, e.errno());
    }
  }

  private void list(String name, List<Long> held) throws Exception {
    long directory = mount.lookup(ROOT, name).inode();
    held.add(directory);
    OpenFile open = mount.opendir(directory);
    Listed listed = new Listed(8);
    mount.fs.readdirplus(CALLER, open.handle(), 2, listed);
    listed.entries().forEach(entry -> held.add(entry == null ? 0 : entry.inode()));
    assertEquals(8, listed.names().size());
    mount.fs.releasedir(open.handle());
  }
}
