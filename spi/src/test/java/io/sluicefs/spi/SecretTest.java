// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.spi;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SecretTest {
  @ParameterizedTest
  @ValueSource(strings = {"", "s", "a secret", "\0begins with nothing", "grün 鑰 \uD83D\uDD11"})
  void revealsWhatItWasMadeOf(String text) {
    try (Secret secret = new Secret(text.toCharArray())) {
      assertEquals(text, secret.reveal(String::new));
      assertEquals(text, secret.reveal(String::new));
    }
  }

  @Test
  void isACopy() {
    char[] characters = {'a', 'b'};
    try (Secret secret = new Secret(characters)) {
      characters[0] = 'x';
      assertEquals("ab", secret.reveal(String::new));
    }
  }

  @Test
  void overwritesWhatItRevealed() {
    AtomicReference<char[]> kept = new AtomicReference<>(new char[0]);
    try (Secret secret = new Secret("ab".toCharArray())) {
      int length =
          secret.reveal(
              characters -> {
                kept.set(characters);
                return characters.length;
              });
      assertEquals(2, length);
    }
    assertArrayEquals(new char[2], kept.get());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a secret"})
  void revealsNothingOnceClosed(String text) {
    Secret secret = new Secret(text.toCharArray());
    secret.close();
    secret.close();
    assertThrows(IllegalStateException.class, () -> secret.reveal(String::new));
  }

  @Test
  void neverPrintsItself() {
    try (Secret secret = new Secret("hidden".toCharArray())) {
      assertFalse(secret.toString().contains("hidden"));
    }
  }
}
