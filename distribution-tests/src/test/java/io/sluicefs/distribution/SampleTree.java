// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.distribution;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * A tree on a local disk as people copy it: folders, links, odd modes, files of the past.
 *
 * @param sums SHA-256 of the files by path
 * @param links targets of the symbolic links by path
 */
record SampleTree(Path root, Map<String, String> sums, Map<String, String> links) {
  private static final FileTime PAST = FileTime.from(Instant.parse("2020-02-03T04:05:06Z"));

  /** Makes the tree in a folder that must not exist yet. */
  static SampleTree make(Path root) throws IOException {
    SampleTree tree = new SampleTree(root, new TreeMap<>(), new TreeMap<>());
    tree.file("README.md", "rw-r--r--", "a sample\n".getBytes(StandardCharsets.UTF_8));
    tree.file("empty", "rw-r--r--", new byte[0]);
    tree.file("bin/run.sh", "rwxr-xr-x", "#!/bin/sh\n".getBytes(StandardCharsets.UTF_8));
    tree.file("modes/private", "rw-------", random(100));
    tree.file("modes/odd", "rwxr-x--x", random(101));
    tree.file("modes/read-only", "r--r--r--", random(102));
    tree.file("name with space/ünïcode ☃.txt", "rw-rw-r--", random(70_001));
    tree.file("weights/part-0.bin", "rw-r--r--", random(20 << 20));
    tree.file("weights/part-1.bin", "rw-r--r--", random((9 << 20) + 1));
    for (int i = 0; i < 40; i++) {
      tree.file("many/%d/file-%02d".formatted(i % 4, i), "rw-r--r--", random(1000 * i + i));
    }
    tree.link("latest", "weights/part-0.bin");
    tree.link("many/up", "../README.md");
    tree.link("dangling", "no/such/place");
    Files.createDirectories(root.resolve("hollow"));
    try (Stream<Path> all = Files.walk(root)) {
      for (Path path : all.toList()) {
        if (!Files.isSymbolicLink(path)) {
          Files.setLastModifiedTime(path, PAST);
        }
      }
    }
    return tree;
  }

  private void file(String name, String mode, byte[] content) throws IOException {
    Path path = root.resolve(name);
    Files.createDirectories(path.getParent());
    Files.write(path, content);
    Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(mode));
    sums.put(name, Sums.sha256(content));
  }

  private void link(String name, String target) throws IOException {
    Path path = root.resolve(name);
    if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
      Files.createSymbolicLink(path, Path.of(target));
    }
    links.put(name, target);
  }

  /** Replaces the content of a file, in the present. */
  void change(String name, byte[] content) throws IOException {
    Files.write(root.resolve(name), content);
    sums.put(name, Sums.sha256(content));
  }

  /** Returns the sums as if the tree were in a folder of the bucket. */
  Map<String, String> sumsBelow(String folder) {
    return below(folder, sums);
  }

  Map<String, String> linksBelow(String folder) {
    return below(folder, links);
  }

  private static Map<String, String> below(String folder, Map<String, String> paths) {
    Map<String, String> below = new TreeMap<>();
    paths.forEach((path, value) -> below.put(folder + "/" + path, value));
    return below;
  }

  private static byte[] random(int size) {
    byte[] bytes = new byte[size];
    new Random(size).nextBytes(bytes);
    return bytes;
  }
}
