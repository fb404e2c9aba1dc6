// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.prefetch.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluicefs.spi.prefetch.PresentBytes;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * That a file that is no model file, or says it is and lies, is left alone. The heap of these tests
 * is small, so that one that is believed shows.
 */
class HostileHeadsTest {
  private static final long SIZE = 1L << 40;
  private static final long MAX_HEADER = 32L << 20;
  private static final long SEED = 20_261_127;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{",
        "{}",
        "{\"a\":",
        "{\"a\":5}",
        "{\"a\":[1,2]}",
        "{\"a\":{}}",
        "{\"a\":{\"data_offsets\":[]}}",
        "{\"a\":{\"data_offsets\":[0]}}",
        "{\"a\":{\"data_offsets\":[0,1,2]}}",
        "{\"a\":{\"data_offsets\":[5,4]}}",
        "{\"a\":{\"data_offsets\":[-8,4]}}",
        "{\"a\":{\"data_offsets\":[0,1e3]}}",
        "{\"a\":{\"data_offsets\":[0,9223372036854775807]}}",
        "{\"a\":{\"data_offsets\":[0,99999999999999999999999999]}}",
        "{\"a\":{\"data_offsets\":[0,100]},\"b\":{\"data_offsets\":[99,200]}}",
        "{\"a\":{\"data_offsets\":[0,100]}",
        "{\"a\":{\"data_offsets\":[[[[[[[[[[0,100]]]]]]]]]]}}",
        "{{{{",
        "{\"a\\u0000\":\u0000}",
        "{\"a\":{\"data_offsets\":[0,100]}}x{"
      })
  void aHeadThatIsNoTableOfTensorsIsForeign(String json) {
    Recognition.Kind kind = look(ModelHead.safetensors(json + " ".repeat(16)), SIZE).kind();
    assertEquals(
        json.endsWith("x{") ? Recognition.Kind.MODEL : Recognition.Kind.FOREIGN,
        kind,
        "what follows the table within the head is padding, and " + json);
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1, -1, Long.MIN_VALUE, Long.MAX_VALUE, MAX_HEADER + 1, 1L << 62})
  void aLengthOutOfRangeIsForeign(long length) {
    byte[] head = ByteBuffer.allocate(4096).order(ByteOrder.LITTLE_ENDIAN).putLong(length).array();
    head[8] = '{';

    assertEquals(Recognition.Kind.FOREIGN, look(head, SIZE).kind());
  }

  @Test
  void aHeadBeyondTheEndOfTheFileIsForeign() {
    byte[] head = new ModelHead().add("a", 1 << 20).safetensors();

    assertEquals(Recognition.Kind.MODEL, look(head, head.length + (1 << 20)).kind());
    assertEquals(Recognition.Kind.FOREIGN, look(head, head.length + (1 << 20) - 1).kind());
    assertEquals(Recognition.Kind.FOREIGN, look(head, head.length - 1).kind());
  }

  @Test
  void deepJsonEndsEarly() {
    assertEquals(
        Recognition.Kind.FOREIGN,
        look(ModelHead.safetensors("{\"a\":" + "[".repeat(2_000_000)), SIZE).kind());
  }

  @Test
  void aLongNameOrTextEndsEarly() {
    String text = "x".repeat(2_000_000);
    assertEquals(
        Recognition.Kind.FOREIGN,
        look(ModelHead.safetensors("{\"" + text + "\":{\"data_offsets\":[0,1]}}"), SIZE).kind());
    assertEquals(
        Recognition.Kind.FOREIGN,
        look(ModelHead.safetensors("{\"__metadata__\":{\"a\":\"" + text + "\"}}"), SIZE).kind());
  }

  @Test
  void moreTensorsThanAreKeptAreForeign() {
    ModelHead head = new ModelHead();
    for (int i = 0; i <= TensorTableBuilder.MOST_TENSORS; i++) {
      head.add("t" + i, 8);
    }
    assertEquals(Recognition.Kind.FOREIGN, look(head.safetensors(), SIZE).kind());
  }

  @Test
  void countsOfGgufOutOfRangeAreForeign() {
    for (long count : new long[] {-1, 0, 1L << 40, Long.MAX_VALUE, Long.MIN_VALUE}) {
      byte[] head = new ModelHead().add("blk.0.a", 64).gguf(3);
      ByteBuffer.wrap(head).order(ByteOrder.LITTLE_ENDIAN).putLong(8, count);
      assertEquals(Recognition.Kind.FOREIGN, look(head, SIZE).kind(), count + " tensors");
    }
    for (int version : new int[] {0, 1, 4, 3 << 24}) {
      byte[] head = new ModelHead().add("blk.0.a", 64).gguf(3);
      ByteBuffer.wrap(head).order(ByteOrder.LITTLE_ENDIAN).putInt(4, version);
      assertEquals(Recognition.Kind.FOREIGN, look(head, SIZE).kind(), "version " + version);
    }
  }

  @Test
  void headsThatAreDamagedAnywhereNeverFail() {
    Random random = new Random(SEED);
    ModelHead model = new ModelHead();
    for (int i = 0; i < 200; i++) {
      model.add("model.layers.%d.mlp.weight".formatted(i), 1 << 20);
    }
    List<byte[]> heads = List.of(model.safetensors(), model.gguf(2), model.gguf(3));
    for (int round = 0; round < 3000; round++) {
      byte[] head = heads.get(round % heads.size()).clone();
      for (int i = 1 + random.nextInt(8); i > 0; i--) {
        damage(head, random);
      }
      long size = random.nextBoolean() ? SIZE : head.length + random.nextLong(300 << 20);
      Recognition recognition = look(head, size);
      if (recognition.kind() == Recognition.Kind.MODEL) {
        checkWithin(recognition, size);
      }
    }
  }

  @Test
  void randomBytesAreForeign() {
    Random random = new Random(SEED);
    for (int round = 0; round < 1000; round++) {
      byte[] bytes = new byte[4096];
      random.nextBytes(bytes);
      if (round % 2 == 0) {
        System.arraycopy("GGUF\3\0\0\0".getBytes(StandardCharsets.US_ASCII), 0, bytes, 0, 8);
        Arrays.fill(bytes, 10, 16, (byte) 0);
        Arrays.fill(bytes, 17, 24, (byte) 0);
      }
      Recognition.Kind kind = look(bytes, SIZE).kind();
      assertTrue(kind != Recognition.Kind.MODEL, "random bytes are a model");
    }
  }

  private static void damage(byte[] head, Random random) {
    int at = random.nextInt(random.nextBoolean() ? head.length : Math.min(head.length, 200));
    switch (random.nextInt(4)) {
      case 0 -> head[at] = (byte) random.nextInt();
      case 1 -> head[at] ^= (byte) (1 << random.nextInt(8));
      case 2 -> Arrays.fill(head, at, Math.min(head.length, at + 8), (byte) 0xff);
      default -> {
        int from = random.nextInt(head.length);
        int count = Math.min(random.nextInt(64), head.length - Math.max(at, from));
        System.arraycopy(head, from, head, at, count);
      }
    }
  }

  private static void checkWithin(Recognition recognition, long size) {
    TensorTable table = Objects.requireNonNull(recognition.table());
    long after = 0;
    for (int i = 0; i < table.count(); i++) {
      assertTrue(after <= table.start(i) && table.start(i) < table.end(i), "in order");
      after = table.end(i);
    }
    assertTrue(after <= size, "within the file");
  }

  /** Looks at a head, all of which is in memory, until nothing more can be found out. */
  private static Recognition look(byte[] head, long size) {
    PresentBytes present =
        (offset, target) -> {
          int count = (int) Math.max(0, Math.min(target.remaining(), head.length - offset));
          if (count > 0) {
            target.put(head, (int) offset, count);
          }
          return count;
        };
    Recognition recognition = new Recognition("a", size, MAX_HEADER);
    for (int i = 0; i < 100 && !recognition.isSettled(); i++) {
      recognition.look(present);
    }
    return recognition;
  }
}
