// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.prefetch.model;

/**
 * A tensor's name, taken apart and packed into a long: what kind of tensor it is, and the first two
 * numbers in it, the layer and the expert. {@code model.layers.12.mlp.experts.3.w1.weight} is of
 * the kind {@code model.layers.#.mlp.experts.#.w1.weight}, with 12 and 3. A program that loads
 * tensors goes through kinds in the same order for each layer, so that is how the next is known.
 *
 * <p>Numbers are those that are a name's part between dots. Each is kept plus one, so that 0 says
 * that there is none.
 */
final class TensorName {
  private static final int NUMBER_BITS = 20;
  private static final int MOST = (1 << NUMBER_BITS) - 1;

  /** Most kinds; names of further ones are of no kind. */
  static final int KINDS = 1 << 15;

  /** The packed name of a tensor of no kind. */
  static final long UNKNOWN = -1;

  private TensorName() {}

  /** A name in which each of the first two numbers is replaced. */
  record Parsed(String kind, int first, int second) {
    static Parsed of(String name) {
      int first = 0;
      int second = 0;
      StringBuilder kind = new StringBuilder(name.length());
      int start = 0;
      while (start <= name.length()) {
        int dot = name.indexOf('.', start);
        int end = dot < 0 ? name.length() : dot;
        int number = second > 0 ? 0 : number(name, start, end);
        if (number > 0) {
          kind.append('#');
          second = first > 0 ? number : 0;
          first = first > 0 ? first : number;
        } else {
          kind.append(name, start, end);
        }
        kind.append('.');
        start = end + 1;
      }
      return new Parsed(kind.toString(), first, second);
    }

    /** Returns the number in some characters of a text plus one, or 0 if they are none. */
    private static int number(String text, int start, int end) {
      int number = 0;
      for (int i = start; i < end; i++) {
        int digit = text.charAt(i) - '0';
        if (digit < 0 || digit > 9) {
          return 0;
        }
        number = number * 10 + digit;
        if (number >= MOST) {
          return 0;
        }
      }
      return end > start ? number + 1 : 0;
    }
  }

  /** Returns the packed name, or {@link #UNKNOWN} if a number is out of range. */
  static long pack(int kind, int first, int second) {
    if (first < 0 || first > MOST || second < 0 || second > MOST) {
      return UNKNOWN;
    }
    return ((long) kind << (2 * NUMBER_BITS)) | ((long) first << NUMBER_BITS) | second;
  }

  static int kind(long name) {
    return (int) (name >>> (2 * NUMBER_BITS));
  }

  static int first(long name) {
    return (int) (name >>> NUMBER_BITS) & MOST;
  }

  static int second(long name) {
    return (int) name & MOST;
  }
}
