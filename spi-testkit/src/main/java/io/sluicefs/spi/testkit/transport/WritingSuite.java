// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.spi.testkit.transport;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.abort;

import io.sluicefs.spi.ObjectId;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import io.sluicefs.spi.transport.ListRequest;
import io.sluicefs.spi.transport.ObjectStat;
import io.sluicefs.spi.transport.PutOptions;
import io.sluicefs.spi.transport.TransportCapabilities.Feature;
import io.sluicefs.spi.transport.UploadBody;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How a transport must put and delete objects. */
abstract class WritingSuite extends ObjectReadingSuite {
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 100_000})
  void putMakesWhatIsReadBack(int size) throws Exception {
    require(Feature.WRITE);
    byte[] content = content(size, 14);
    String key = prefix + "put object";
    PutOptions options = new PutOptions(false, "text/plain", Map.of("color", "blue green"));
    ObjectStat made;
    try (Arena arena = Arena.ofShared()) {
      made = transport.put(key, options, body(arena, content, 3));
    }
    assertEquals(size, made.size());
    ObjectStat head = transport.head(key);
    assertEquals(made.id(), head.id());
    assertEquals("blue green", head.metadata().get("color"));
    assertArrayEquals(content, readAll(key));
  }

  @Test
  void putReplacesAndCreateOnlyDoesNot() throws Exception {
    require(Feature.WRITE);
    String key = prefix + "object";
    try (Arena arena = Arena.ofShared()) {
      ObjectStat first = transport.put(key, PutOptions.REPLACE, body(arena, bytes("one"), 1));
      ObjectStat second = transport.put(key, PutOptions.REPLACE, body(arena, bytes("two"), 1));
      assertNotEquals(first.id(), second.id());
      require(Feature.CREATE_ONLY);
      PutOptions createOnly = new PutOptions(true, "", Map.of());
      UploadBody three = body(arena, bytes("three"), 1);
      assertFails(Kind.ALREADY_EXISTS, () -> transport.put(key, createOnly, three));
      transport.put(key + "-new", createOnly, three);
    }
    assertArrayEquals(bytes("two"), readAll(key));
    assertArrayEquals(bytes("three"), readAll(key + "-new"));
  }

  @Test
  void oneOfManyThatCreateTheSameKeyWins() throws Exception {
    require(Feature.CREATE_ONLY);
    String flaw = flawOfCreateOnly();
    if (flaw != null) {
      abort(flaw);
    }
    String key = prefix + "object";
    PutOptions createOnly = new PutOptions(true, "", Map.of());
    CountDownLatch ready = new CountDownLatch(16);
    List<FutureTask<Boolean>> puts = new ArrayList<>();
    try (Arena arena = Arena.ofShared()) {
      for (int i = 0; i < 16; i++) {
        UploadBody body = body(arena, bytes("by " + i), 1);
        FutureTask<Boolean> put =
            new FutureTask<>(
                () -> {
                  ready.countDown();
                  ready.await();
                  try {
                    transport.put(key, createOnly, body);
                    return true;
                  } catch (StorageException e) {
                    assertEquals(Kind.ALREADY_EXISTS, e.kind(), e.getMessage());
                    return false;
                  }
                });
        puts.add(put);
        Thread.ofVirtual().start(put);
      }
      List<String> winners = new ArrayList<>();
      for (int i = 0; i < puts.size(); i++) {
        if (puts.get(i).get(60, TimeUnit.SECONDS)) {
          winners.add("by " + i);
        }
      }
      assertEquals(1, winners.size(), winners::toString);
      assertArrayEquals(bytes(winners.getFirst()), readAll(key));
    }
  }

  @Test
  void aPutOfManySegmentsKeepsTheirOrder() throws Exception {
    require(Feature.WRITE);
    byte[] content = content(3_000_001, 19);
    try (Arena arena = Arena.ofShared()) {
      transport.put(prefix + "object", PutOptions.REPLACE, body(arena, content, 50));
    }
    assertArrayEquals(content, readAll(prefix + "object"));
  }

  @Test
  void anInterruptedThreadChangesNothing() throws Exception {
    require(Feature.WRITE);
    ObjectId id = stored("object", content(100, 27));
    try (Arena arena = Arena.ofShared()) {
      UploadBody body = body(arena, bytes("other"), 1);
      Thread.currentThread().interrupt();
      assertFails(Kind.CANCELLED, () -> transport.put(id.key(), PutOptions.REPLACE, body));
      assertTrue(Thread.interrupted(), "the interrupt status is set");
      Thread.currentThread().interrupt();
      assertFails(Kind.CANCELLED, () -> transport.delete(List.of(id.key())));
      assertTrue(Thread.interrupted(), "the interrupt status is set");
    }
    assertEquals(id, transport.head(id.key()).id());
  }

  @Test
  void deleteRemovesWhatExistsAndIgnoresTheRest() throws Exception {
    require(Feature.WRITE);
    store(prefix + "a&b", content(10, 15));
    store(prefix + "c", content(10, 16));
    transport.delete(List.of(prefix + "a&b", prefix + "missing"));
    assertFails(Kind.NOT_FOUND, () -> transport.head(prefix + "a&b"));
    assertEquals(10, transport.head(prefix + "c").size());
    transport.delete(List.of(prefix + "c"));
    assertFails(Kind.NOT_FOUND, () -> transport.head(prefix + "c"));
  }

  @Test
  void deletesManyAtOnce() throws Exception {
    require(Feature.WRITE);
    List<String> keys = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      keys.add(prefix + "object <" + i + "> é + %20");
      store(keys.getLast(), content(5, i));
    }
    keys.add(prefix + "never there");
    transport.delete(keys);
    assertEquals(List.of(), transport.list(ListRequest.directory(prefix)).objects());
    transport.delete(keys);
  }
}
