// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.prefetch.model;

import io.sluicefs.spi.prefetch.PresentBytes;
import java.util.Objects;

/** Looks at the head of a file that is as long as it says, or shorter. */
final class HeadRecognition {
  private static final long MAX_HEADER = 1L << 20;
  private static final int MOST_LOOKS = 100;

  private HeadRecognition() {}

  static void check(byte[] head) {
    check(head, head.length);
    check(head, 1L << 40);
  }

  private static void check(byte[] head, long size) {
    PresentBytes present =
        (offset, target) -> {
          int count = (int) Math.max(0, Math.min(target.remaining(), head.length - offset));
          if (count > 0) {
            target.put(head, (int) offset, count);
          }
          return count;
        };
    Recognition recognition = new Recognition("a", size, MAX_HEADER);
    for (int i = 0; i < MOST_LOOKS && !recognition.isSettled(); i++) {
      recognition.look(present);
    }
    if (recognition.kind() != Recognition.Kind.MODEL) {
      return;
    }
    TensorTable table = Objects.requireNonNull(recognition.table());
    long after = 0;
    for (int i = 0; i < table.count(); i++) {
      if (table.start(i) < after || table.end(i) <= table.start(i)) {
        throw new AssertionError("tensor " + i + " is not behind the one before");
      }
      after = table.end(i);
    }
    if (after > size) {
      throw new AssertionError("tensors end at " + after + " of " + size);
    }
  }
}
