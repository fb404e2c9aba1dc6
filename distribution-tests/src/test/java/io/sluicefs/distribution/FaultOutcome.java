// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.distribution;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.time.Duration;
import java.util.Map;

/**
 * What came of one piece of work while requests went wrong.
 *
 * @param row what was tried
 * @param folder where
 * @param outcome {@link FaultRow#HIDDEN}, an errno, or what must never be
 * @param took until the program had its answer
 * @param injected requests that went wrong
 * @param after the same without faults behind it: {@link FaultRow#HIDDEN} if all is well again
 */
record FaultOutcome(
    FaultRow row, String folder, String outcome, Duration took, long injected, String after) {
  static final String WRONG_BYTES = "wrong bytes";
  static final String LOST_WRITE = "lost write";
  static final String HANG = "hang";

  private static final Map<String, String> ERRNOS =
      Map.of(
          "Input/output error", "EIO",
          "Stale file handle", "ESTALE",
          "Connection timed out", "ETIMEDOUT",
          "Permission denied", "EACCES",
          "No such file or directory", "ENOENT",
          "Device or resource busy", "EBUSY",
          "Read-only file system", "EROFS",
          "Transport endpoint is not connected", "ENOTCONN");

  static String of(FaultedWork.Verdict verdict) {
    return switch (verdict) {
      case RIGHT -> FaultRow.HIDDEN;
      case WRONG_BYTES -> WRONG_BYTES;
      case LOST_WRITE -> LOST_WRITE;
    };
  }

  /** Returns the errno behind what Java throws. */
  static String errno(IOException failure) {
    if (failure instanceof NoSuchFileException) {
      return "ENOENT";
    } else if (failure instanceof AccessDeniedException) {
      return "EACCES";
    }
    String text = String.valueOf(failure.getMessage());
    return ERRNOS.entrySet().stream()
        .filter(errno -> text.endsWith(errno.getKey()))
        .map(Map.Entry::getValue)
        .findFirst()
        .orElse(text);
  }

  /** Returns whether it is as it must be. */
  boolean isRight() {
    return row.outcomes().contains(outcome)
        && row.after().contains(after)
        && injected > 0
        && injected <= row.most();
  }

  boolean isHang() {
    return outcome.equals(HANG) || after.equals(HANG);
  }

  boolean isLate() {
    return took.toSeconds() >= row.bound();
  }

  @Override
  public String toString() {
    return "%s, %s in %s: %s in %d ms, %d injected, then %s; right is %s"
        .formatted(
            row.fault(),
            row.work().word(),
            folder,
            outcome,
            took.toMillis(),
            injected,
            after,
            row.outcomes());
  }
}
