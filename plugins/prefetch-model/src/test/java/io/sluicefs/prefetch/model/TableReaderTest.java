// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.prefetch.model;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.sluicefs.prefetch.model.TableReader.Progress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Objects;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tables of tensors read in pieces of any size. */
class TableReaderTest {
  private static final ModelHead MODEL =
      new ModelHead()
          .add("model.layers.0.weight", 1000)
          .add("model.layers.0.bias", 64)
          .add("model.layers.11.weight", 4096)
          .add("model.norm", 32);

  @ParameterizedTest
  @ValueSource(ints = {1, 7, 64, 1 << 20})
  void tensorsOfSafetensorsAreWhereTheirOffsetsSay(int piece) {
    byte[] head = MODEL.safetensors();
    long size = head.length + MODEL.weights();
    SafetensorsTable reader = new SafetensorsTable(head.length - 8, size);

    assertEquals(Progress.DONE, feed(reader, head, piece));

    TensorTable table = Objects.requireNonNull(reader.table());
    assertEquals(head.length, reader.headEnd());
    assertEquals(4, table.count());
    assertEquals(head.length, table.start(0));
    assertEquals(head.length + 1000, table.end(0));
    assertEquals(size, table.end(3));
    assertEquals(1, table.at(head.length + 1063));
    assertEquals(2, table.at(head.length + 1064));
    assertEquals(-1, table.at(head.length - 1));
    assertEquals(-1, table.at(size));
    assertNames(table);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 7, 64, 1 << 20})
  void tensorsOfGgufEndWhereTheNextStarts(int piece) {
    for (int version = 2; version <= 3; version++) {
      byte[] head = MODEL.gguf(version);
      long size = head.length + MODEL.weights() + 100;
      ByteBuffer bytes = ByteBuffer.wrap(head).order(ByteOrder.LITTLE_ENDIAN);
      GgufTable reader = new GgufTable(bytes.getLong(8), bytes.getLong(16), 1 << 20, size);

      assertEquals(Progress.DONE, feed(reader, head, piece));

      TensorTable table = Objects.requireNonNull(reader.table());
      assertEquals(head.length, reader.headEnd());
      assertEquals(4, table.count());
      assertEquals(head.length, table.start(0));
      assertEquals(head.length + 1024, table.end(0));
      assertEquals(head.length + 1024, table.start(1));
      assertEquals(size, table.end(3));
      assertNames(table);
    }
  }

  private static void assertNames(TensorTable table) {
    long first = table.name(0);
    long eleventh = table.name(2);
    assertEquals(TensorName.kind(first), TensorName.kind(eleventh));
    assertEquals(11, TensorName.first(eleventh) - TensorName.first(first));
    assertEquals(
        2, table.named(TensorName.pack(TensorName.kind(first), TensorName.first(first) + 11, 0)));
    assertEquals(
        -1, table.named(TensorName.pack(TensorName.kind(first), TensorName.first(first) + 5, 0)));
  }

  private static Progress feed(TableReader reader, byte[] head, int piece) {
    Progress progress = Progress.MORE;
    while (progress == Progress.MORE && reader.position() < head.length) {
      int from = (int) reader.position();
      byte[] bytes = Arrays.copyOfRange(head, from, Math.min(head.length, from + piece));
      progress = reader.feed(bytes, bytes.length);
    }
    return progress;
  }
}
