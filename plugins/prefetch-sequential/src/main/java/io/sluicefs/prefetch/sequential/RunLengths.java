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

  /** The same for long ones. */
  private static final int TOLERANCE_PARTS = 12;

  /**
   * Linux may read up to a mebibyte more than a piece, and then that much less of the piece there.
   */
  private static final long OVERSHOOT = 2 << 20;

  /** Where pieces are short, so much of one is no overshoot. */
  private static final int OVERSHOOT_PARTS = 7;

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
    long pieces = piece > SLACK ? (length + piece / 2) / piece : 0;
    return pieces > 1 && Math.abs(length - pieces * piece) <= tolerance(piece);
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

  /** Returns the length of the longest run that is like the latest; 0 if none before it is. */
  long usual() {
    long usual = 0;
    for (int i = count - 2; i >= 0; i--) {
      long latest = lengths[count - 1];
      if (areAlike(latest, lengths[i])) {
        usual = Math.max(usual, Math.max(latest, lengths[i]));
      }
    }
    return usual;
  }

  /** Returns whether runs of these lengths may be of pieces of one length. */
  static boolean areAlike(long one, long other) {
    return Math.abs(one - other) <= tolerance(Math.min(one, other));
  }

  private static long tolerance(long length) {
    long overshoot = Math.min(OVERSHOOT, length / OVERSHOOT_PARTS);
    long slack = Math.min(SLACK, length / 4);
    return Math.max(Math.max(slack, overshoot), length / TOLERANCE_PARTS);
  }
}
