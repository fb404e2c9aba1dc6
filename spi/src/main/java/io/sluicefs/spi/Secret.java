// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.spi;

import java.util.Arrays;
import java.util.function.Function;

/**
 * A password or key. It never prints itself, compares by identity, and {@link #close} overwrites
 * it. Thread-safe.
 */
public final class Secret implements AutoCloseable {
  private final char[] characters;

  /** Creates a secret from a copy of {@code characters}; the caller clears its own. */
  public Secret(char[] characters) {
    this.characters = characters.clone();
  }

  /**
   * Applies {@code use} to the characters, which are valid only during the call and are not to be
   * kept.
   *
   * @throws IllegalStateException after close
   */
  public synchronized <R> R reveal(Function<? super char[], R> use) {
    if (characters.length > 0 && characters[0] == '\0') {
      throw new IllegalStateException("the secret is closed");
    }
    char[] copy = characters.clone();
    try {
      return use.apply(copy);
    } finally {
      Arrays.fill(copy, '\0');
    }
  }

  @Override
  public synchronized void close() {
    Arrays.fill(characters, '\0');
  }

  @Override
  public String toString() {
    return "******";
  }
}
