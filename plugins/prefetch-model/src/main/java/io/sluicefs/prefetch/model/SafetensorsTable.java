// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.prefetch.model;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.async.ByteArrayFeeder;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * The head of a safetensors file: eight bytes of length, little-endian, and so many bytes of JSON:
 * {@code {"name": {"dtype": …, "shape": […], "data_offsets": [start, end]}, …}}, with offsets from
 * the end of the JSON. {@code __metadata__} is no tensor.
 */
final class SafetensorsTable implements TableReader {
  /** Bytes of the length before the JSON. */
  static final int PREFIX = 8;

  private static final String METADATA = "__metadata__";
  private static final String OFFSETS = "data_offsets";

  /** Depth within a tensor's description. */
  private static final int IN_TENSOR = 2;

  private static final StreamReadConstraints LIMITS =
      StreamReadConstraints.builder()
          .maxNestingDepth(8)
          .maxNameLength(4096)
          .maxNumberLength(20)
          .maxStringLength(1 << 20)
          .build();

  private final long size;
  private final long headEnd;
  private final TensorTableBuilder tensors = new TensorTableBuilder();
  private final JsonParser parser;
  private final ByteArrayFeeder feeder;
  private long position = PREFIX;
  private int depth;
  private String tensor = "";
  private boolean inOffsets;
  private int offsets;
  private long start;
  private long end;
  private @Nullable TensorTable table;

  /**
   * Creates a reader behind the length.
   *
   * @param length of the JSON
   * @param size of the file
   */
  SafetensorsTable(long length, long size) {
    this.size = size;
    this.headEnd = PREFIX + length;
    try {
      // A factory of its own, whose table of names goes with it.
      JsonFactory factory =
          JsonFactory.builder()
              .streamReadConstraints(LIMITS)
              .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
              .build();
      this.parser = factory.createNonBlockingByteArrayParser();
    } catch (IOException e) {
      throw new AssertionError("a parser without input reads nothing", e);
    }
    this.feeder = (ByteArrayFeeder) parser.getNonBlockingInputFeeder();
  }

  @Override
  public long position() {
    return position;
  }

  @Override
  public long headEnd() {
    return headEnd;
  }

  @Override
  public @Nullable TensorTable table() {
    return table;
  }

  @Override
  public Progress feed(byte[] bytes, int length) {
    int taken = (int) Math.min(length, headEnd - position);
    try {
      feeder.feedInput(bytes, 0, taken);
      position += taken;
      return parse();
    } catch (IOException | IllegalStateException e) {
      // Not JSON, beyond a limit, or names made to collide in the parser's table.
      return Progress.FOREIGN;
    }
  }

  private Progress parse() throws IOException {
    JsonToken token = parser.nextToken();
    while (token != null && token != JsonToken.NOT_AVAILABLE) {
      if (!accept(token)) {
        return Progress.FOREIGN;
      }
      if (depth == 0) {
        // What may follow are spaces, so that the tensors are aligned.
        table = tensors.build(headEnd, size);
        return table == null ? Progress.FOREIGN : Progress.DONE;
      }
      token = parser.nextToken();
    }
    return position < headEnd ? Progress.MORE : Progress.FOREIGN;
  }

  private boolean accept(JsonToken token) throws IOException {
    switch (token) {
      case START_OBJECT, START_ARRAY -> {
        depth++;
        if (depth == IN_TENSOR) {
          offsets = 0;
        }
      }
      case END_OBJECT, END_ARRAY -> {
        depth--;
        inOffsets &= depth > IN_TENSOR;
        return depth != 1 || endTensor();
      }
      case FIELD_NAME -> {
        if (depth == 1) {
          tensor = parser.currentName();
        } else if (depth == IN_TENSOR) {
          inOffsets = parser.currentName().equals(OFFSETS);
        }
      }
      case VALUE_NUMBER_INT -> {
        if (inOffsets && depth == IN_TENSOR + 1) {
          addOffset(parser.getLongValue());
        }
      }
      default -> {
        return depth > 0;
      }
    }
    return true;
  }

  private void addOffset(long offset) {
    if (offsets == 0) {
      start = offset;
    } else {
      end = offset;
    }
    offsets++;
  }

  private boolean endTensor() {
    return tensor.equals(METADATA) || (offsets == 2 && tensors.add(tensor, start, end));
  }
}
