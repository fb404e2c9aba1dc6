// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.prefetch.model;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * The head of a GGUF file, version 2 or 3, little-endian: {@code GGUF}, the version, the numbers of
 * tensors and of values, the values (key, type, value), and for each tensor its name, dimensions,
 * type and offset. The tensors begin at the next multiple of the value {@code general.alignment}. A
 * tensor is taken to end where the next one starts.
 */
final class GgufTable implements TableReader {
  /** Bytes before the values. */
  static final int PREFIX = 24;

  static final int MAGIC = 0x46554747;

  private static final String ALIGNMENT = "general.alignment";
  private static final int UINT32 = 4;
  private static final int STRING = 8;
  private static final int ARRAY = 9;

  /** Bytes of a value by type; -1 where the value tells. */
  private static final int[] VALUE_BYTES = {1, 1, 2, 2, 4, 4, 4, 1, -1, -1, 8, 8, 8};

  private static final long DEFAULT_ALIGNMENT = 32;
  private static final long MOST_ALIGNMENT = 1 << 20;
  private static final long LONGEST_NAME = 4096;
  private static final long MOST_VALUES = 1 << 16;
  private static final long MOST_DIMENSIONS = 8;

  /** What the next bytes are. */
  private enum Expected {
    KEY_LENGTH(8),
    KEY(0),
    VALUE_TYPE(4),
    ALIGNMENT_VALUE(4),
    STRING_LENGTH(8),
    ELEMENT_TYPE(4),
    ELEMENT_COUNT(8),
    NAME_LENGTH(8),
    NAME(0),
    DIMENSIONS(4),
    TENSOR_TYPE(4),
    OFFSET(8);

    private final int bytes;

    Expected(int bytes) {
      this.bytes = bytes;
    }
  }

  private final long size;
  private final long mostHead;
  private final TensorTableBuilder tensors = new TensorTableBuilder();
  private long valuesLeft;
  private long tensorsLeft;
  private long alignment = DEFAULT_ALIGNMENT;

  private Expected expected = Expected.KEY_LENGTH;
  private byte[] item = new byte[64];
  private int itemLength = Expected.KEY_LENGTH.bytes;
  private int itemFilled;

  /** Offset of the next byte that is wanted; what lies before it and was not fed is left out. */
  private long position = PREFIX;

  private String key = "";
  private String name = "";
  private int elementType;
  private long stringsLeft;
  private long headEnd = -1;
  private @Nullable TensorTable table;

  /**
   * Creates a reader behind the prefix.
   *
   * @param tensorCount as the prefix says
   * @param valueCount as the prefix says
   * @param mostHead most bytes before the tensors
   * @param size of the file
   */
  GgufTable(long tensorCount, long valueCount, long mostHead, long size) {
    this.tensorsLeft = tensorCount;
    this.valuesLeft = valueCount;
    this.mostHead = Math.min(mostHead, size);
    this.size = size;
    expectNext();
  }

  /** Returns whether numbers of tensors and values are such that they may be read. */
  static boolean areCounts(long tensorCount, long valueCount) {
    return tensorCount > 0
        && tensorCount <= TensorTableBuilder.MOST_TENSORS
        && valueCount >= 0
        && valueCount <= MOST_VALUES;
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
    long base = position;
    long fed = base + length;
    while (position < fed) {
      int count = (int) Math.min((long) itemLength - itemFilled, fed - position);
      System.arraycopy(bytes, (int) (position - base), item, itemFilled, count);
      itemFilled += count;
      position += count;
      if (itemFilled < itemLength) {
        return Progress.MORE;
      }
      if (!take() || position > mostHead) {
        return Progress.FOREIGN;
      }
      if (headEnd >= 0) {
        tensors.endEachAtTheNext(size - headEnd);
        table = tensors.build(headEnd, size);
        return table == null ? Progress.FOREIGN : Progress.DONE;
      }
    }
    return Progress.MORE;
  }

  /** Takes the item that is complete and says what comes next; returns false if it cannot be. */
  private boolean take() {
    switch (expected) {
      case KEY_LENGTH -> {
        return expectText(Expected.KEY);
      }
      case KEY -> {
        key = text();
        expect(Expected.VALUE_TYPE);
      }
      case VALUE_TYPE -> {
        return takeType((int) number());
      }
      case ALIGNMENT_VALUE -> {
        alignment = number();
        if (alignment > MOST_ALIGNMENT || Long.bitCount(alignment) != 1) {
          return false;
        }
        endValue();
      }
      case STRING_LENGTH -> {
        return skip(number(), 1) && endString();
      }
      case ELEMENT_TYPE -> {
        elementType = (int) number();
        expect(Expected.ELEMENT_COUNT);
      }
      case ELEMENT_COUNT -> {
        return takeElements(number());
      }
      case NAME_LENGTH -> {
        return expectText(Expected.NAME);
      }
      case NAME -> {
        name = text();
        expect(Expected.DIMENSIONS);
      }
      case DIMENSIONS -> {
        long dimensions = number();
        if (dimensions > MOST_DIMENSIONS || !skip(dimensions, Long.BYTES)) {
          return false;
        }
        expect(Expected.TENSOR_TYPE);
      }
      case TENSOR_TYPE -> expect(Expected.OFFSET);
      case OFFSET -> {
        long offset = number();
        if (offset < 0 || offset >= size || !tensors.add(name, offset, offset)) {
          return false;
        }
        tensorsLeft--;
        expectNext();
      }
    }
    return true;
  }

  private boolean takeType(int type) {
    if (type < 0 || type >= VALUE_BYTES.length) {
      return false;
    }
    if (key.equals(ALIGNMENT)) {
      expect(Expected.ALIGNMENT_VALUE);
      return type == UINT32;
    }
    if (type == STRING) {
      stringsLeft = 1;
      expect(Expected.STRING_LENGTH);
    } else if (type == ARRAY) {
      expect(Expected.ELEMENT_TYPE);
    } else {
      return skip(1, VALUE_BYTES[type]) && endValue();
    }
    return true;
  }

  private boolean takeElements(long count) {
    if (elementType < 0 || elementType >= VALUE_BYTES.length || elementType == ARRAY) {
      return false;
    }
    if (elementType != STRING) {
      return skip(count, VALUE_BYTES[elementType]) && endValue();
    }
    if (count < 0 || count > mostHead) {
      return false;
    }
    stringsLeft = count;
    expect(Expected.STRING_LENGTH);
    return count > 0 || endValue();
  }

  private boolean endString() {
    stringsLeft--;
    if (stringsLeft == 0) {
      return endValue();
    }
    expect(Expected.STRING_LENGTH);
    return true;
  }

  private boolean endValue() {
    valuesLeft--;
    expectNext();
    return true;
  }

  private void expectNext() {
    if (valuesLeft > 0) {
      expect(Expected.KEY_LENGTH);
    } else if (tensorsLeft > 0) {
      expect(Expected.NAME_LENGTH);
    } else {
      headEnd = (position + alignment - 1) & -alignment;
    }
  }

  private void expect(Expected next) {
    expect(next, next.bytes);
  }

  private void expect(Expected next, int length) {
    expected = next;
    itemLength = length;
    itemFilled = 0;
  }

  private boolean expectText(Expected next) {
    long length = number();
    if (length < 1 || length > LONGEST_NAME) {
      return false;
    }
    if (length > item.length) {
      item = new byte[(int) length];
    }
    expect(next, (int) length);
    return true;
  }

  /**
   * Leaves out bytes, whether or not they are there; returns false if the head would be too long.
   */
  private boolean skip(long count, int each) {
    if (count < 0 || count > mostHead / each) {
      return false;
    }
    position += count * each;
    return position <= mostHead;
  }

  private long number() {
    long number = 0;
    for (int i = itemLength - 1; i >= 0; i--) {
      number = number << Byte.SIZE | (item[i] & 0xff);
    }
    return number;
  }

  private String text() {
    return new String(item, 0, itemLength, StandardCharsets.UTF_8);
  }
}
