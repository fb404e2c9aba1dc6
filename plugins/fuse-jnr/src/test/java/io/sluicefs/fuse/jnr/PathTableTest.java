// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.fuse.jnr;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluicefs.spi.fuse.Caller;
import io.sluicefs.spi.fuse.Errno;
import io.sluicefs.spi.fuse.FuseException;
import io.sluicefs.spi.testkit.fuse.FileContent;
import io.sluicefs.spi.testkit.fuse.MemoryFileSystem;
import io.sluicefs.spi.testkit.fuse.MemoryFileSystem.Operation;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PathTableTest {
  private static final Caller CALLER = new Caller(0, 0, 0);

  private final MemoryFileSystem files = new MemoryFileSystem();
  private final PathTable paths = new PathTable(files, 8);

  @AfterEach
  void givesEveryLookupBackAtTheEnd() {
    paths.forgetAll();
    assertEquals(0, files.lookups());
    files.check();
  }

  private long inode(String path) throws FuseException {
    try (PathTable.Node node = paths.resolve(CALLER, path)) {
      return node.inode();
    }
  }

  @Test
  void aKnownPathIsNotLookedUpAgain() throws Exception {
    files.addFile("a/b/c", FileContent.pattern(0, 1));
    long inode = inode("/a/b/c");
    assertEquals(3, files.count(Operation.LOOKUP));
    assertEquals(inode, inode("/a/b/c"));
    assertEquals(3, files.count(Operation.LOOKUP));
  }

  @Test
  void theLeastRecentlyUsedPathIsForgotten() throws Exception {
    for (int i = 0; i < 100; i++) {
      files.addFile("dir/" + i, FileContent.pattern(0, 1));
    }
    long directory = inode("/dir");
    for (int i = 0; i < 100; i++) {
      inode("/dir/" + i);
      assertTrue(files.lookups() <= 8);
    }
    assertEquals(directory, inode("/dir"), "used by every one of them");
  }

  @Test
  void anInodeInUseIsNotForgottenUntilItIsClosed() throws Exception {
    files.addFile("held", FileContent.pattern(0, 1));
    for (int i = 0; i < 20; i++) {
      files.addFile("other-" + i, FileContent.pattern(0, 1));
    }
    try (PathTable.Node held = paths.resolve(CALLER, "/held")) {
      for (int i = 0; i < 20; i++) {
        inode("/other-" + i);
      }
      assertEquals(held.inode(), files.getattr(CALLER, held.inode()).inode());
      assertEquals(9, files.lookups());
    }
    assertEquals(8, files.lookups());
  }

  @Test
  void aNameThatLeadsElsewhereTakesWhatWasBelowItAlong() throws Exception {
    files.addFile("dir/file", FileContent.pattern(0, 1));
    long before = inode("/dir/file");
    files.addDirectory("dir");
    files.addFile("dir/file", FileContent.pattern(0, 2));
    PathTable.Found found = paths.lookup(CALLER, "/dir");
    if (found != null) {
      found.node().close();
    }
    assertTrue(inode("/dir/file") != before);
  }

  @Test
  void aRemovedDirectoryTakesWhatWasBelowItAlong() throws Exception {
    files.addFile("dir/deep/file", FileContent.pattern(0, 1));
    files.addFile("dir-2/file", FileContent.pattern(0, 1));
    inode("/dir/deep/file");
    inode("/dir-2/file");
    paths.remove("/dir");
    assertEquals(2, files.lookups());
  }

  @Test
  void anAbsentNameIsEnoent() {
    FuseException absent = assertThrows(FuseException.class, () -> inode("/absent/name"));
    assertEquals(Errno.ENOENT, absent.errno());
  }
}
