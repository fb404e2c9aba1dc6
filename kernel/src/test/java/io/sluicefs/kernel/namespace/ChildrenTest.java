// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.namespace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ChildrenTest {
  private final Children children = new Children();

  private static Inode inode(String name) {
    return new Inode(7, null, name, FileKind.FILE, null, ObjectVersion.of(1, 1, "e"), 0);
  }

  @Test
  void anyOrderOfPutsAndRemovesLeavesWhatAMapWouldHold() {
    Random random = new Random(7);
    Map<String, Inode> expected = new HashMap<>();
    for (int step = 0; step < 100_000; step++) {
      String name = "n" + random.nextInt(step < 50_000 ? 500 : 20);
      if (random.nextInt(3) > 0) {
        Inode inode = inode(name);
        children.put(inode);
        expected.put(name, inode);
      } else {
        Inode known = expected.remove(name);
        assertEquals(known != null, known != null && children.remove(known));
      }
      assertEquals(expected.size(), children.size());
      assertSame(expected.get(name), children.get(name));
    }
    expected.forEach((name, inode) -> assertSame(inode, children.get(name)));
  }

  @Test
  void onlyTheInodeItselfIsRemoved() {
    Inode first = inode("a");
    Inode second = inode("a");
    children.put(first);
    children.put(second);
    assertEquals(1, children.size());
    assertFalse(children.remove(first));
    assertSame(second, children.get("a"));
    assertTrue(children.remove(second));
    assertNull(children.get("a"));
  }
}
