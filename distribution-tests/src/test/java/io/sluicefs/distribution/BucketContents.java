// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.distribution;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** What a bucket holds, to be compared with what programs believe that they wrote. */
record BucketContents(EmulatorProcess emulator, String bucket) {
  /** Returns the keys of files and links; keys of directory markers are left out. */
  List<String> keys() {
    return emulator.keys(bucket).stream().filter(key -> !key.endsWith("/")).toList();
  }

  String sha256(String key) {
    return emulator.sha256(bucket, key);
  }

  /** The bucket has these files with these bytes, these links, and nothing else. */
  void assertExactly(Map<String, String> sums, Set<String> links) {
    Set<String> expected = new TreeSet<>(sums.keySet());
    expected.addAll(links);
    assertEquals(
        String.join("\n", expected),
        String.join("\n", new TreeSet<>(keys())),
        "keys of the bucket");
    Map<String, String> found = new TreeMap<>();
    sums.keySet().forEach(key -> found.put(key, sha256(key)));
    assertEquals(lines(sums), lines(found), "SHA-256 of the objects");
    assertEquals(List.of(), emulator.pendingUploads(bucket), "uploads left pending");
  }

  /** No key looks like a name that a program meant to be temporary. */
  void assertNoKeyMatches(String pattern) {
    List<String> left = keys().stream().filter(key -> key.matches(pattern)).toList();
    assertTrue(left.isEmpty(), () -> "left in the bucket: " + left);
  }

  private static String lines(Map<String, String> sums) {
    StringBuilder lines = new StringBuilder();
    new TreeMap<>(sums)
        .forEach((key, sum) -> lines.append(sum).append("  ").append(key).append('\n'));
    return lines.toString();
  }
}
