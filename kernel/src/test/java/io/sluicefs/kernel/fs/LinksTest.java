// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.fs;

import static io.sluicefs.kernel.fs.Fixture.CALLER;
import static io.sluicefs.kernel.fs.Fixture.assertErrno;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.sluicefs.spi.fuse.Attributes;
import io.sluicefs.spi.fuse.Entry;
import io.sluicefs.spi.fuse.Errno;
import io.sluicefs.spi.fuse.FuseOperations;
import io.sluicefs.spi.testkit.transport.MemoryTransport.Operation;
import io.sluicefs.spi.transport.TransportCapabilities.Feature;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LinksTest {
  private static final long ROOT = FuseOperations.ROOT;

  private final Fixture mount = Fixture.writable(null);

  @AfterEach
  void close() {
    mount.close();
  }

  @Test
  void aSymbolicLinkIsAnObjectThatPointsToAnother() throws Exception {
    Entry link = mount.fs.symlink(CALLER, ROOT, "latest", "models/llama");
    assertEquals(1, mount.count(Operation.PUT));
    assertEquals(1, mount.lists());
    assertEquals(Attributes.SYMLINK | 0777, link.attributes().mode());
    assertEquals("models/llama", mount.fs.readlink(CALLER, link.inode()));
    assertEquals("models/llama", mount.bucket.readSymlink("latest"));
    assertEquals(List.of("latest"), mount.names(ROOT));
    assertErrno(Errno.EEXIST, () -> mount.fs.symlink(CALLER, ROOT, "latest", "elsewhere"));
  }

  @Test
  void aSymbolicLinkIsRenamedAndRemovedLikeAFile() throws Exception {
    Entry link = mount.fs.symlink(CALLER, ROOT, "a", "target");
    mount.fs.rename(CALLER, ROOT, "a", ROOT, "b", 0);
    assertEquals("target", mount.fs.readlink(CALLER, link.inode()));
    assertEquals(List.of("b"), mount.bucket.keys());
    mount.fs.unlink(CALLER, ROOT, "b");
    assertEquals(List.of(), mount.bucket.keys());
    assertErrno(Errno.ENOENT, () -> mount.lookup("b"));
  }

  @Test
  void whereTheStoreHasNoLinksMakingOneIsEperm() {
    mount.bucket.withdraw(Feature.SYMLINK);
    assertErrno(Errno.EPERM, () -> mount.fs.symlink(CALLER, ROOT, "latest", "models/llama"));
    assertEquals(0, mount.requests());
  }

  @Test
  void thereAreNoHardLinks() throws Exception {
    mount.bucket.put("a", "one");
    long inode = mount.lookup("a").inode();
    assertErrno(Errno.EPERM, () -> mount.fs.link(CALLER, inode, ROOT, "b"));
  }
}
