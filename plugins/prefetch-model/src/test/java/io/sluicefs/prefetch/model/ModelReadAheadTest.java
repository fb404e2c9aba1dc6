// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.prefetch.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluicefs.spi.ByteRange;
import io.sluicefs.spi.ObjectId;
import io.sluicefs.spi.prefetch.Prefetcher;
import io.sluicefs.spi.prefetch.ReadAhead;
import io.sluicefs.spi.prefetch.ReadAheadWindow;
import io.sluicefs.spi.testkit.LeakCheckedMemory;
import io.sluicefs.spi.testkit.TestContext;
import io.sluicefs.spi.testkit.prefetch.ReadObject;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ModelReadAheadTest {
  private static final long KIB = 1 << 10;
  private static final long MIB = 1 << 20;
  private static final int LAYERS = 8;
  private static final List<String> MODEL_ORDER =
      List.of("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj");
  private static final List<String> FILE_ORDER = MODEL_ORDER.stream().sorted().toList();

  private final LeakCheckedMemory memory = new LeakCheckedMemory(MIB);
  private Prefetcher prefetcher;

  /** What a handle read of a file, and what was planned meanwhile. */
  private static final class Reader {
    private final ReadAhead planner;
    private final ReadObject object;
    private final BitSet read = new BitSet();
    private final BitSet planned = new BitSet();
    private long unplanned;
    private ReadAheadWindow window = ReadAheadWindow.EMPTY;

    Reader(ReadAhead planner, ReadObject object) {
      this.planner = planner;
      this.object = object;
    }

    void read(long start, long end) {
      ByteRange range = new ByteRange(start, Math.min(end, object.size()));
      for (int page = page(range.start()); page < page(range.end() + 4095); page++) {
        unplanned += planned.get(page) || read.get(page) ? 0 : 4096;
      }
      read.set(page(range.start()), page(range.end() + 4095));
      window = object.next(planner, range, Long.MAX_VALUE);
      for (ByteRange wanted : window.ranges()) {
        planned.set(page(wanted.start()), page(wanted.end() + 4095));
      }
    }

    /**
     * Reads a mapping as Linux does: around the first page, and then on in order, a read further
     * than the program.
     */
    void map(long start, long end) {
      long at = start - start % 4096 - 64 * KIB;
      for (at = Math.max(0, at); at < Math.min(object.size(), end + 128 * KIB); at += 128 * KIB) {
        read(at, at + 128 * KIB);
      }
    }

    long wastedBytes() {
      BitSet wasted = (BitSet) planned.clone();
      wasted.andNot(read);
      return 4096L * wasted.cardinality();
    }

    private static int page(long offset) {
      return (int) (offset / 4096);
    }
  }

  /** A file with its tensors, in file order, and where each is. */
  private record File(ModelHead head, List<String> names, List<Long> lengths) {
    static File llama() {
      ModelHead head = new ModelHead();
      List<String> names = new ArrayList<>();
      List<Long> lengths = new ArrayList<>();
      for (int layer = 0; layer < LAYERS; layer++) {
        for (String projection : FILE_ORDER) {
          String name = "model.layers.%d.%s.weight".formatted(layer, projection);
          long length = (projection.length() > 6 ? 48 : 32) * MIB;
          head.add(name, length);
          names.add(name);
          lengths.add(length);
        }
        head.add("model.layers.%d.norm.weight".formatted(layer), 8 * KIB);
        names.add("model.layers.%d.norm.weight".formatted(layer));
        lengths.add(8 * KIB);
      }
      return new File(head, names, lengths);
    }

    byte[] bytes() {
      return head.safetensors();
    }

    long size() {
      return bytes().length + head.weights();
    }

    ByteRange tensor(String name) {
      int index = names.indexOf(name);
      long start = bytes().length;
      for (int i = 0; i < index; i++) {
        start += lengths.get(i);
      }
      return ByteRange.of(start, lengths.get(index));
    }

    ByteRange projection(int layer, String projection) {
      return tensor("model.layers.%d.%s.weight".formatted(layer, projection));
    }
  }

  @BeforeEach
  @SuppressWarnings("MustBeClosedChecker") // closed after each test
  void openPrefetcher() throws Exception {
    ModelPrefetcherProvider provider = new ModelPrefetcherProvider();
    prefetcher = provider.open(TestContext.of(provider, Map.of(), memory));
  }

  @AfterEach
  void closePrefetcher() {
    prefetcher.close();
    memory.close();
  }

  @Test
  void aRankHasItsQuarterOfEachTensorPlannedAndNothingElse() {
    File file = File.llama();
    for (int rank = 0; rank < 4; rank++) {
      Reader reader = open(file, "rank" + rank);
      reader.read(0, 128 * KIB);
      for (int layer = 0; layer < LAYERS; layer++) {
        ByteRange norm = file.tensor("model.layers.%d.norm.weight".formatted(layer));
        reader.map(norm.start(), norm.end());
        for (String projection : MODEL_ORDER) {
          ByteRange tensor = file.projection(layer, projection);
          long slice = tensor.length() / 4;
          reader.map(tensor.start() + rank * slice, tensor.start() + (rank + 1) * slice);
        }
      }
      long wanted = file.size() / 4;
      long wasted = reader.wastedBytes();
      long unplanned = reader.unplanned;
      assertTrue(wasted <= wanted / 33, () -> "planned in vain: " + wasted + " of " + wanted);
      assertTrue(
          unplanned <= wanted / 8, () -> "read before planned: " + unplanned + " of " + wanted);
      assertFalse(reader.planner.abstains());
    }
  }

  @Test
  void theOrderOfTheFirstLayerIsExpectedOfTheNext() {
    File file = File.llama();
    Reader reader = open(file, "order");
    reader.read(0, 128 * KIB);
    for (int layer = 0; layer < 3; layer++) {
      for (String projection : MODEL_ORDER) {
        ByteRange tensor = file.projection(layer, projection);
        reader.map(tensor.start(), tensor.end());
      }
    }
    ByteRange next = file.projection(3, "q_proj");
    reader.map(next.start(), next.start() + MIB);

    List<Long> planned = reader.window.ranges().stream().map(ByteRange::start).toList();
    List<Long> expected =
        MODEL_ORDER.subList(1, 4).stream()
            .map(projection -> file.projection(3, projection).start())
            .toList();
    assertEquals(expected, planned.subList(1, 4));
    assertEquals(next.end(), reader.window.ranges().getFirst().end(), "the whole tensor first");
  }

  @Test
  void noMoreIsPlannedThanTheSettingAllows() throws Exception {
    ModelPrefetcherProvider provider = new ModelPrefetcherProvider();
    File file = File.llama();
    try (Prefetcher narrow =
        provider.open(TestContext.of(provider, Map.of("ahead", "64KiB"), memory))) {
      ReadObject object = new ReadObject(file.bytes(), file.size());
      Reader reader =
          new Reader(narrow.open(new ObjectId("m.safetensors", "1"), file.size(), object), object);
      for (long at = 0; at < 300 * MIB; at += 128 * KIB) {
        reader.read(at, at + 128 * KIB);
        assertTrue(reader.window.length() <= 64 * KIB, () -> reader.window.toString());
      }
      assertFalse(reader.planner.abstains());
    }
  }

  @Test
  void aFileReadFromStartToEndIsPlannedToItsLastByte() {
    File file = File.llama();
    Reader reader = open(file, "whole");
    for (long at = 0; at < file.size(); at += 128 * KIB) {
      reader.read(at, at + 128 * KIB);
    }
    assertTrue(reader.unplanned <= file.size() / 20, () -> reader.unplanned + " unplanned");
    assertEquals(0, reader.wastedBytes());
  }

  @Test
  void oneWhoJumpsAboutIsLeftToTheNextPlanner() {
    File file = File.llama();
    Reader reader = open(file, "random");
    reader.read(0, 128 * KIB);
    List<ByteRange> tensors = new ArrayList<>(file.names.stream().map(file::tensor).toList());
    Random random = new Random(3);
    for (int pass = 0; pass < 4; pass++) {
      Collections.shuffle(tensors, random);
      for (ByteRange tensor : tensors) {
        long at = tensor.start() + random.nextLong(tensor.length());
        reader.read(at, at + 4 * KIB);
      }
    }
    assertTrue(reader.planner.abstains());
    assertTrue(reader.wastedBytes() <= 200 * MIB, () -> reader.wastedBytes() + " in vain");
  }

  @Test
  void whatOneHandleSawOfTheHeadAnotherNeedNotRead() {
    File file = File.llama();
    Reader first = open(file, "shared");
    first.read(0, 128 * KIB);
    first.read(MIB, MIB + 4 * KIB);
    // Its head is in Linux's page cache, so that nobody reads it here.
    Reader second = open(file, "shared");
    ByteRange tensor = file.projection(2, "k_proj");
    second.map(tensor.start(), tensor.start() + MIB);

    assertFalse(second.planner.abstains());
  }

  @Test
  void aFileThatIsNoModelIsAbstainedFrom() {
    ReadObject object = new ReadObject("plain text".getBytes(StandardCharsets.UTF_8), 100 * MIB);
    ReadAhead planner = prefetcher.open(new ObjectId("notes.txt", "1"), object.size(), object);
    for (long at = 0; at < object.size(); at += MIB) {
      assertEquals(List.of(), object.next(planner, ByteRange.of(at, MIB), Long.MAX_VALUE).ranges());
      assertTrue(planner.abstains(), "after " + at);
    }
  }

  @Test
  void onlyAFileNamedAsAModelIsWaitedFor() {
    File file = File.llama();
    assertFalse(afterOneRead(file, "m.safetensors").abstains());
    assertTrue(afterOneRead(file, "m.bin").abstains());
  }

  @Test
  void aLongHeadIsPlannedToItsEnd() {
    byte[] head =
        ModelHead.safetensors("{\"__metadata__\":{\"a\":\"" + "x".repeat(900_000) + "\"}");
    ReadObject object = new ReadObject(head, 100 * MIB);
    ReadAhead planner = prefetcher.open(new ObjectId("m.safetensors", "1"), object.size(), object);
    object.next(planner, new ByteRange(0, 4096), Long.MAX_VALUE);

    assertEquals(
        List.of(new ByteRange(8192, head.length)),
        object.next(planner, new ByteRange(4096, 8192), Long.MAX_VALUE).ranges());
  }

  @Test
  void anIndexOfShardsIsPlannedWhole() {
    ReadObject object =
        new ReadObject(
            "{\"metadata\": {}, \"weight_map\": {".getBytes(StandardCharsets.UTF_8), 3 * MIB);
    ReadAhead planner =
        prefetcher.open(new ObjectId("model.safetensors.index.json", "1"), object.size(), object);
    object.next(planner, new ByteRange(0, 4096), Long.MAX_VALUE);

    assertEquals(
        List.of(new ByteRange(8192, 3 * MIB)),
        object.next(planner, new ByteRange(4096, 8192), Long.MAX_VALUE).ranges());
  }

  private ReadAhead afterOneRead(File file, String key) {
    ReadObject object = new ReadObject(file.bytes(), Math.max(MIB, file.size()));
    ReadAhead planner = prefetcher.open(new ObjectId(key, "1"), object.size(), object);
    object.next(planner, new ByteRange(0, 4096), Long.MAX_VALUE);
    return planner;
  }

  private Reader open(File file, String etag) {
    ReadObject object = new ReadObject(file.bytes(), file.size());
    return new Reader(
        prefetcher.open(new ObjectId("m.safetensors", etag), file.size(), object), object);
  }
}
