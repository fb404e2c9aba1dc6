// SPDX-License-Identifier: Apache-2.0
package org.example.sluice.cache.valkey;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lettuce.core.RedisClient;
import io.lettuce.core.api.StatefulRedisConnection;
import io.sluicefs.spi.ByteRange;
import io.sluicefs.spi.ObjectId;
import io.sluicefs.spi.cache.BlockCache;
import io.sluicefs.spi.cache.ObjectBlocks;
import io.sluicefs.spi.testkit.LeakCheckedMemory;
import io.sluicefs.spi.testkit.TestContext;
import io.sluicefs.spi.testkit.cache.PatternLoader;
import io.sluicefs.spi.testkit.cache.PatternObject;
import io.sluicefs.spi.transport.ReadProgress;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What becomes of blocks when several hosts, or none, reach the server. */
class SharedServerTest {
  private static final int BLOCK = 64 << 10;
  private static final int BLOCKS = 9;

  private final ValkeyBlockCacheProvider provider = new ValkeyBlockCacheProvider();
  private final LeakCheckedMemory memory = new LeakCheckedMemory(64 << 20);
  private final PatternObject object =
      new PatternObject(new ObjectId("a/model.safetensors", "1"), BLOCKS * BLOCK - 100L);
  private ValkeyProcess server;
  private TestContext context;

  @BeforeEach
  void startTheServer() throws Exception {
    server = ValkeyProcess.start();
    context = TestContext.of(provider, server.settings(), memory);
  }

  @AfterEach
  void stopTheServer() {
    server.close();
    memory.close();
  }

  @Test
  void whatOneHostLoadedAnotherDoesNot() throws Exception {
    assertEquals(object.size(), loadedByAHost());
    assertEquals(0, loadedByAHost());
  }

  @Test
  void aBlockThatWasChangedOnTheServerIsLoadedAgain() throws Exception {
    loadedByAHost();
    onServer(
        connection -> {
          List<String> keys = connection.sync().keys("sluice:*:4");
          connection.sync().setrange(keys.getFirst(), 1000, "damaged");
        });
    assertEquals(BLOCK, loadedByAHost());
    assertEquals(0, loadedByAHost());
  }

  @Test
  void whatTheServerGaveUpIsLoadedAgainInOneRequestARun() throws Exception {
    loadedByAHost();
    onServer(
        connection -> {
          for (int index : new int[] {1, 2, 8}) {
            List<String> keys = connection.sync().keys("sluice:*:" + index);
            connection.sync().del(keys.getFirst());
          }
        });
    PatternLoader loader = new PatternLoader(object, BLOCK);
    try (BlockCache cache = provider.open(context);
        ObjectBlocks blocks = cache.attach(object.id(), object.size(), loader)) {
      read(blocks);
    }
    assertEquals(
        List.of(new ByteRange(BLOCK, 3L * BLOCK), new ByteRange(8L * BLOCK, object.size())),
        loader.ranges());
  }

  @Test
  void whatWasGivenUpBeforeItWasSentIsNotKept() throws Exception {
    ByteBuffer target = ByteBuffer.allocateDirect((int) object.size());
    MemorySegment reused = MemorySegment.ofBuffer(target);
    try (BlockCache cache = provider.open(context);
        ObjectBlocks blocks =
            cache.attach(object.id(), object.size(), new PatternLoader(object, BLOCK))) {
      blocks.load(
          new ByteRange(0, object.size()),
          new ByteBuffer[] {target},
          announced -> reused.asSlice(0, announced).fill((byte) 7));
    }
    assertEquals(object.size(), loadedByAHost());
    assertEquals(0, loadedByAHost());
  }

  @Test
  void withoutTheServerEverythingIsLoaded() throws Exception {
    PatternLoader loader = new PatternLoader(object, BLOCK);
    try (BlockCache cache = provider.open(context);
        ObjectBlocks blocks = cache.attach(object.id(), object.size(), loader)) {
      read(blocks);
      server.close();
      read(blocks);
      read(blocks);
      assertTrue(cache.counters().get("failures") >= 1);
    }
    assertEquals(2 * object.size(), loader.bytes() - object.size());
  }

  @Test
  void aServerThatIsNotThereIsNamed() {
    server.close();
    IOException refusal = assertThrows(IOException.class, () -> provider.open(context));
    assertTrue(refusal.getMessage().contains(":" + server.port()), refusal.getMessage());
  }

  private long loadedByAHost() throws Exception {
    PatternLoader loader = new PatternLoader(object, BLOCK);
    try (BlockCache cache = provider.open(context);
        ObjectBlocks blocks = cache.attach(object.id(), object.size(), loader)) {
      read(blocks);
    }
    return loader.bytes();
  }

  private void read(ObjectBlocks blocks) throws Exception {
    ByteBuffer target = ByteBuffer.allocateDirect((int) object.size());
    blocks.load(new ByteRange(0, object.size()), new ByteBuffer[] {target}, ReadProgress.NONE);
    object.check(0, MemorySegment.ofBuffer(target.flip()));
  }

  private interface Change {
    void on(StatefulRedisConnection<String, String> connection);
  }

  private void onServer(Change change) {
    try (RedisClient client = RedisClient.create("redis://127.0.0.1:" + server.port());
        StatefulRedisConnection<String, String> connection = client.connect()) {
      change.on(connection);
    }
  }
}
