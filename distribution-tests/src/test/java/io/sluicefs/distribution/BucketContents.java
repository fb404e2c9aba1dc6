// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.distribution;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What the store holds below a folder, to be compared with what programs believe that they wrote.
 * Keys are told without the folder.
 */
record BucketContents(EmulatorProcess emulator, String bucket, String folder) {
  /** Returns the keys of files and links; keys of directory markers are left out. */
  List<String> keys() {
    return allKeys().stream().filter(key -> !key.endsWith("/")).toList();
  }

  /** Returns the keys of files, links and directory markers, but for the folder's own. */
  List<String> allKeys() {
    return below(emulator.keys(bucket));
  }

  String sha256(String key) {
    return emulator.sha256(bucket, folder + "/" + key);
  }

  Map<String, String> sums(Iterable<String> keys) {
    Map<String, String> sums = new TreeMap<>();
    keys.forEach(key -> sums.put(key, sha256(key)));
    return sums;
  }

  List<String> pendingUploads() {
    return below(emulator.pendingUploads(bucket));
  }

  /** The folder has these files with these bytes, these links, and nothing else. */
  void assertExactly(Map<String, String> sums, Set<String> links) {
    Set<String> expected = new TreeSet<>(sums.keySet());
    expected.addAll(links);
    assertEquals(
        String.join("\n", expected),
        String.join("\n", new TreeSet<>(keys())),
        "keys of the bucket");
    assertEquals(lines(sums), lines(sums(sums.keySet())), "SHA-256 of the objects");
    assertEquals(List.of(), pendingUploads(), "uploads left pending");
  }

  private List<String> below(List<String> keys) {
    String prefix = folder + "/";
    return keys.stream()
        .filter(key -> key.startsWith(prefix))
        .map(key -> key.substring(prefix.length()))
        .filter(key -> !key.isEmpty())
        .toList();
  }

  private static String lines(Map<String, String> sums) {
    StringBuilder lines = new StringBuilder();
    new TreeMap<>(sums)
        .forEach((key, sum) -> lines.append(sum).append("  ").append(key).append('\n'));
    return lines.toString();
  }
}
