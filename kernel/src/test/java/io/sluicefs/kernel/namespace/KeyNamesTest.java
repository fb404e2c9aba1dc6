// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.namespace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class KeyNamesTest {
  @Test
  void namesAreWhatAPathCanName() {
    for (String name :
        List.of("a", "...", ".a", "a.", " ", "\n", "é".repeat(127), "😀".repeat(63))) {
      assertTrue(KeyNames.isName(name), name);
    }
    for (String name :
        List.of(
            "",
            ".",
            "..",
            "a/b",
            "\0",
            "é".repeat(128),
            "😀".repeat(64),
            "\uD83D",
            "\uDE00a",
            "\uFFFD")) {
      assertFalse(KeyNames.isName(name), name);
    }
  }

  @Test
  void theOrderIsThatOfUtf8Bytes() {
    Random random = new Random(42);
    int[] points = {'a', '-', '/', 'é', 0xd7ff, 0xe000, 0xffff, 0x10000, 0x10ffff};
    List<String> texts = new ArrayList<>();
    for (int i = 0; i < 300; i++) {
      StringBuilder text = new StringBuilder();
      for (int j = random.nextInt(4); j > 0; j--) {
        text.appendCodePoint(points[random.nextInt(points.length)]);
      }
      texts.add(text.toString());
    }
    for (String a : texts) {
      assertEquals(a.getBytes(StandardCharsets.UTF_8).length, KeyNames.utf8Length(a));
      for (String b : texts) {
        int expected =
            Arrays.compareUnsigned(
                a.getBytes(StandardCharsets.UTF_8), b.getBytes(StandardCharsets.UTF_8));
        assertEquals(Integer.signum(expected), Integer.signum(KeyNames.compare(a, b)));
      }
    }
  }

  @Test
  void aDirectoryMayFollowItsFileUntilTheListingIsPastIt() {
    for (String last : List.of("d/a", "d/a!", "d/a-1/", "d/a.txt")) {
      assertTrue(KeyNames.directoryMayFollow("d/a", last), last);
    }
    for (String last : List.of("d/a/", "d/a0", "d/aa", "d/b", "d/é")) {
      assertFalse(KeyNames.directoryMayFollow("d/a", last), last);
    }
  }
}
