// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.spi;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.function.Function;

/**
 * A password or key. It is outside of the Java heap, so that no dump of that has it; it never
 * prints itself, compares by identity, and {@link #close} overwrites it. Thread-safe.
 */
public final class Secret implements AutoCloseable {
  private final MemorySegment characters;
  private boolean closed;

  /** Creates a secret from a copy of {@code characters}; the caller clears its own. */
  public Secret(char[] characters) {
    this.characters = Arena.ofAuto().allocateFrom(ValueLayout.JAVA_CHAR, characters);
  }

  /**
   * Creates a secret from a text, which its maker forgets.
   *
   * @since 1.4
   */
  public static Secret of(String text) {
    char[] characters = text.toCharArray();
    try {
      return new Secret(characters);
    } finally {
      Arrays.fill(characters, '\0');
    }
  }

  /**
   * Applies {@code use} to the characters, which are valid only during the call and are not to be
   * kept.
   *
   * @throws IllegalStateException after close
   */
  public synchronized <R> R reveal(Function<? super char[], R> use) {
    if (closed) {
      throw new IllegalStateException("the secret is closed");
    }
    char[] copy = characters.toArray(ValueLayout.JAVA_CHAR);
    try {
      return use.apply(copy);
    } finally {
      Arrays.fill(copy, '\0');
    }
  }

  @Override
  public synchronized void close() {
    characters.fill((byte) 0);
    closed = true;
  }

  @Override
  public String toString() {
    return "******";
  }
}
