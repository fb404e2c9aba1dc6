// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.spi.testkit.transport;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import io.sluicefs.spi.StorageException.Kind;
import io.sluicefs.spi.transport.ListRequest;
import io.sluicefs.spi.transport.ObjectStat;
import io.sluicefs.spi.transport.PutOptions;
import io.sluicefs.spi.transport.TransportCapabilities.Feature;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How a transport must keep symbolic links. */
abstract class SymlinkSuite extends CopyingSuite {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "target",
        "../other folder/target",
        "/absolute/target",
        "100%",
        "%41+b c",
        "\u00fcn\u00efc\u00f6d\u00e9 \u65e5\u672c\u8a9e \ud83d\ude00",
        "line\nbreak",
        " blanks around ",
        "a//b/./c/.."
      })
  void aSymlinkKeepsItsTarget(String target) throws Exception {
    require(Feature.SYMLINK);
    ObjectStat made = transport.putSymlink(prefix + "a link", target, PutOptions.REPLACE);
    assertEquals(target, transport.readSymlink(prefix + "a link"));
    assertEquals(ObjectStat.Type.SYMLINK, made.type());
    assertEquals(transport.head(prefix + "a link").id(), made.id());
  }

  @Test
  void aSymlinkKeepsALongTarget() throws Exception {
    require(Feature.SYMLINK);
    String target = "folder/".repeat(142);
    transport.putSymlink(prefix + "link", target, PutOptions.REPLACE);
    assertEquals(target, transport.readSymlink(prefix + "link"));
  }

  @Test
  void aSymlinkWithoutTargetIsRefused() {
    require(Feature.SYMLINK);
    assertFails(
        Kind.INVALID_REQUEST, () -> transport.putSymlink(prefix + "x", "", PutOptions.REPLACE));
  }

  @Test
  void headTellsASymlinkWhetherOrNotItsTargetExists() throws Exception {
    require(Feature.SYMLINK);
    store(prefix + "there", content(100, 30));
    PutOptions options = new PutOptions(false, "", Map.of("color", "blue"));
    transport.putSymlink(prefix + "dangling", "missing", options);
    transport.putSymlink(prefix + "good", prefix + "there", options);
    transport.putSymlink(prefix + "to a link", prefix + "good", options);
    for (String name : List.of("dangling", "good", "to a link")) {
      ObjectStat head = transport.head(prefix + name);
      assertEquals(prefix + name, head.id().key());
      assertEquals(ObjectStat.Type.SYMLINK, head.type());
      assertEquals(Map.of("color", "blue"), head.metadata());
      assertNotEquals(transport.head(prefix + "there").id().etag(), head.id().etag());
    }
  }

  @Test
  void aListingTellsSymlinksOrShowsThemEmpty() throws Exception {
    require(Feature.SYMLINK);
    store(prefix + "there", content(100, 31));
    transport.putSymlink(prefix + "dangling", "missing", PutOptions.REPLACE);
    transport.putSymlink(prefix + "good", prefix + "there", PutOptions.REPLACE);
    boolean asEmpty = transport.capabilities().has(Feature.SYMLINKS_LISTED_AS_EMPTY);
    for (ObjectStat listed : transport.list(ListRequest.directory(prefix)).objects()) {
      if (listed.id().key().endsWith("there")) {
        assertEquals(ObjectStat.Type.DATA, listed.type());
        continue;
      }
      assertEquals(
          asEmpty ? ObjectStat.Type.DATA : ObjectStat.Type.SYMLINK,
          listed.type(),
          listed.id().key());
      assertEquals(transport.head(listed.id().key()).id(), listed.id());
      if (asEmpty) {
        assertEquals(0, listed.size());
      }
    }
  }

  @Test
  void whatIsNoSymlinkCannotBeReadAsOne() throws Exception {
    require(Feature.SYMLINK);
    store(prefix + "object", content(10, 32));
    store(prefix + "empty", new byte[0]);
    assertFails(Kind.INVALID_REQUEST, () -> transport.readSymlink(prefix + "object"));
    assertFails(Kind.INVALID_REQUEST, () -> transport.readSymlink(prefix + "empty"));
    assertFails(Kind.NOT_FOUND, () -> transport.readSymlink(prefix + "missing"));
    assertEquals(ObjectStat.Type.DATA, transport.head(prefix + "empty").type());
  }

  @Test
  void aSymlinkIsReplacedByAnObjectAndTheOtherWayRound() throws Exception {
    require(Feature.SYMLINK);
    require(Feature.WRITE);
    String key = prefix + "name";
    transport.putSymlink(key, "one", PutOptions.REPLACE);
    ObjectStat two = transport.putSymlink(key, "two", PutOptions.REPLACE);
    assertEquals("two", transport.readSymlink(key));
    try (Arena arena = Arena.ofShared()) {
      transport.put(key, PutOptions.REPLACE, body(arena, bytes("bytes"), 1));
    }
    assertEquals(ObjectStat.Type.DATA, transport.head(key).type());
    assertArrayEquals(bytes("bytes"), readAll(key));
    ObjectStat again = transport.putSymlink(key, "two", PutOptions.REPLACE);
    assertEquals(two.type(), again.type());
    assertEquals("two", transport.readSymlink(key));
  }

  @Test
  void aCreateOnlySymlinkDoesNotReplace() throws Exception {
    require(Feature.SYMLINK);
    require(Feature.CREATE_ONLY);
    PutOptions createOnly = new PutOptions(true, "", Map.of());
    String key = prefix + "link";
    transport.putSymlink(key, "first", createOnly);
    assertFails(Kind.ALREADY_EXISTS, () -> transport.putSymlink(key, "second", createOnly));
    assertEquals("first", transport.readSymlink(key));
  }

  @Test
  void deletingASymlinkLeavesItsTarget() throws Exception {
    require(Feature.SYMLINK);
    require(Feature.WRITE);
    store(prefix + "target", content(100, 33));
    transport.putSymlink(prefix + "link", prefix + "target", PutOptions.REPLACE);
    transport.putSymlink(prefix + "dangling", "missing", PutOptions.REPLACE);
    transport.delete(List.of(prefix + "link", prefix + "dangling"));
    assertFails(Kind.NOT_FOUND, () -> transport.readSymlink(prefix + "link"));
    assertFails(Kind.NOT_FOUND, () -> transport.head(prefix + "dangling"));
    assertEquals(100, transport.head(prefix + "target").size());
  }

  @Test
  void aCopyOfASymlinkIsASymlink() throws Exception {
    require(Feature.SYMLINK);
    require(Feature.COPY);
    store(prefix + "target", content(100, 34));
    ObjectStat link = transport.putSymlink(prefix + "link", prefix + "target", PutOptions.REPLACE);
    transport.copy(link.id(), link.size(), prefix + "copy", PutOptions.REPLACE);
    assertEquals(ObjectStat.Type.SYMLINK, transport.head(prefix + "copy").type());
    assertEquals(prefix + "target", transport.readSymlink(prefix + "copy"));
  }
}
