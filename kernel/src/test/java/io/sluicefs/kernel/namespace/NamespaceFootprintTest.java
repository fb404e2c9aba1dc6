// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.namespace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluicefs.spi.ByteRange;
import io.sluicefs.spi.ObjectId;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import io.sluicefs.spi.transport.ListPage;
import io.sluicefs.spi.transport.ListRequest;
import io.sluicefs.spi.transport.ObjectStat;
import io.sluicefs.spi.transport.ReadProgress;
import io.sluicefs.spi.transport.Transport;
import io.sluicefs.spi.transport.TransportCapabilities;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A large directory, and what it takes of the heap. */
@Timeout(120)
class NamespaceFootprintTest {
  private static final int ENTRIES = Integer.getInteger("sluice.entries", 200_000);
  private static final int PAGE = 1000;
  private static final int LISTED_BYTES = 100;
  private static final int LOOKED_UP_BYTES = 256;

  private int requests;

  private final class ManyObjects implements Transport {
    @Override
    public String location() {
      return "test://many";
    }

    @Override
    public TransportCapabilities capabilities() {
      return TransportCapabilities.readOnly();
    }

    @Override
    public ObjectStat head(String key) throws StorageException {
      throw new StorageException(Kind.UNSUPPORTED, "nobody should ask for the head of " + key);
    }

    @Override
    public ListPage list(ListRequest request) {
      requests++;
      int first = request.token() == null ? 0 : Integer.parseInt(request.token());
      List<ObjectStat> objects = new ArrayList<>(PAGE);
      for (int i = first; i < first + PAGE; i++) {
        ObjectId id = new ObjectId(name(i), etag(i));
        objects.add(
            new ObjectStat(
                id,
                4_000_000_000L + i,
                Instant.ofEpochMilli(1_700_000_000_000L + i),
                ObjectStat.Type.DATA,
                Map.of()));
      }
      int next = first + PAGE;
      return new ListPage(objects, List.of(), next == ENTRIES ? null : Integer.toString(next));
    }

    @Override
    public void read(ObjectId id, ByteRange range, ByteBuffer[] target, ReadProgress progress) {}

    @Override
    public void close() {}
  }

  private static String etag(int i) {
    String digits = HexFormat.of().toHexDigits(i * 0x9E3779B97F4A7C15L);
    return digits + digits + "-7";
  }

  private static String name(int i) {
    return "model-shard-" + (1_000_000 + i) + ".bin";
  }

  private static long usedHeap() {
    System.gc();
    Runtime runtime = Runtime.getRuntime();
    return runtime.totalMemory() - runtime.freeMemory();
  }

  @Test
  void entriesOfALargeDirectoryTakeLittleHeap() throws Exception {
    NamespaceOptions options =
        NamespaceOptions.defaults()
            .withLimits(new NamespaceOptions.Limits(2 * ENTRIES, 1000, 1L << 30));
    Namespace namespace =
        new Namespace(new ManyObjects(), "", options, () -> 0, InstantSource.system());
    Inode root = namespace.root();
    long before = usedHeap();
    DirectoryReader reader = namespace.list(root);
    int count = 0;
    while (reader.entry(count) != null) {
      count++;
    }
    assertEquals(ENTRIES, count);
    assertEquals(ENTRIES / PAGE, requests);
    long listed = usedHeap() - before;
    assertTrue(listed < (long) LISTED_BYTES * ENTRIES, listed + " bytes listed");
    assertTrue(namespace.stats().listingBytes() < (long) LISTED_BYTES * ENTRIES);

    for (int i = 0; i < ENTRIES; i++) {
      Inode inode = namespace.lookup(root, name(i));
      assertNotNull(inode);
      assertEquals(4_000_000_000L + i, namespace.entry(inode).attributes().size());
    }
    assertNull(namespace.lookup(root, "missing"));
    assertEquals(ENTRIES / PAGE, requests);
    long lookedUp = usedHeap() - before - listed;
    assertTrue(lookedUp < (long) LOOKED_UP_BYTES * ENTRIES, lookedUp + " bytes looked up");
    System.getLogger(getClass().getName())
        .log(
            System.Logger.Level.INFO,
            "{0} bytes a listed name, {1} more a name looked up",
            listed / ENTRIES,
            lookedUp / ENTRIES);
    reader.close();
  }
}
