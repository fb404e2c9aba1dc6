// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.config;

import java.util.Collection;
import java.util.Optional;

/** Finds the known name somebody may have meant. */
public final class NearestName {
  private NearestName() {}

  /** Returns what to say after naming an unknown one: what was meant, or all that are known. */
  public static String advice(String name, Collection<String> known) {
    if (known.isEmpty()) {
      return "it has no settings";
    }
    return find(name, known)
        .map(nearest -> "did you mean " + nearest + "?")
        .orElseGet(() -> "known are " + String.join(", ", known));
  }

  private static Optional<String> find(String name, Collection<String> known) {
    String nearest = null;
    int least = Math.max(2, name.length() / 3) + 1;
    for (String candidate : known) {
      int distance = distance(name, candidate);
      if (distance < least) {
        least = distance;
        nearest = candidate;
      }
    }
    return Optional.ofNullable(nearest);
  }

  /** Returns the Levenshtein distance: how many letters to insert, remove or replace. */
  private static int distance(String from, String to) {
    int[] row = new int[to.length() + 1];
    for (int j = 0; j < row.length; j++) {
      row[j] = j;
    }
    for (int i = 1; i <= from.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j < row.length; j++) {
        int replaced = diagonal + (from.charAt(i - 1) == to.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(replaced, Math.min(row[j], row[j - 1]) + 1);
      }
    }
    return row[to.length()];
  }
}
