// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.prefetch.sequential;

/**
 * How long the last runs of a handle were, a run being what it read in order before it jumped.
 * Loaders read pieces that are alike: shares of the parts of a model, or pieces of a fixed size.
 */
final class RunLengths {
  private static final int KEPT = 4;

  /** How far alike runs may differ: requests do not end where pieces do. */
  static final long SLACK = 256 << 10;

  /**
   * The same for long ones: Linux may read up to a mebibyte more than the piece, and then that much
   * less of the piece there.
   */
  private static final int TOLERANCE_PARTS = 12;

  private final long[] lengths = new long[KEPT];
  private int count;

  /** Notes the bytes of a run that ended; pieces next to each other count as one of them. */
  void add(long length) {
    long usual = usual();
    if (count == KEPT) {
      remove(0);
    }
    lengths[count++] = areSeveral(usual, length) ? usual : length;
  }

  private static boolean areSeveral(long piece, long length) {
    return piece > SLACK && length > piece && (length + SLACK) % piece <= 2 * SLACK;
  }

  /** Forgets the latest run of that length, which had not ended. */
  void remove(long length) {
    for (int i = count - 1; i >= 0; i--) {
      if (lengths[i] == length) {
        remove(i);
        return;
      }
    }
  }

  private void remove(int run) {
    count--;
    System.arraycopy(lengths, run + 1, lengths, run, count - run);
  }

  /** Returns the length of the latest run if one of those before was alike, else 0. */
  long usual() {
    for (int i = count - 2; i >= 0; i--) {
      long latest = lengths[count - 1];
      if (areAlike(latest, lengths[i])) {
        return Math.max(latest, lengths[i]);
      }
    }
    return 0;
  }

  private static boolean areAlike(long one, long other) {
    long shorter = Math.min(one, other);
    long tolerance = Math.max(Math.min(SLACK, shorter / 4), shorter / TOLERANCE_PARTS);
    return Math.abs(one - other) <= tolerance;
  }
}
