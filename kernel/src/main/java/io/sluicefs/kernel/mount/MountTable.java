// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.mount;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What is mounted, as the Linux kernel tells this process: {@code /proc/self/mountinfo}. */
final class MountTable {
  /** The file system type of every mount of Sluice. */
  static final String SLUICE = "fuse.sluice";

  /**
   * One mount.
   *
   * @param device {@code major:minor}
   * @param mountpoint where
   * @param type of file system
   * @param source what is mounted, as a device would be
   */
  record Entry(String device, Path mountpoint, String type, String source) {
    boolean isSluice() {
      return type.equals(SLUICE);
    }

    boolean isFuse() {
      return type.equals("fuse") || type.startsWith("fuse.") || type.equals("fuseblk");
    }
  }

  private static final Path MOUNTINFO = Path.of("/proc/self/mountinfo");

  private MountTable() {}

  /** Returns all mounts. */
  static List<Entry> all() {
    try {
      // Not UTF-8 where a mountpoint's name is not; each byte becomes a letter and back.
      return parse(Files.readAllLines(MOUNTINFO, StandardCharsets.ISO_8859_1));
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + MOUNTINFO, e);
    }
  }

  /** Returns the mount that is seen at a path, which is the last of those stacked there. */
  static Optional<Entry> at(Path mountpoint) {
    return all().stream()
        .filter(entry -> entry.mountpoint().equals(mountpoint))
        .reduce((below, above) -> above);
  }

  static List<Entry> parse(List<String> lines) {
    List<Entry> entries = new ArrayList<>();
    for (String line : lines) {
      // id parent major:minor root mountpoint options optional... - type source options
      String[] words = line.split(" ", -1);
      int dash = 6;
      while (dash < words.length && !words[dash].equals("-")) {
        dash++;
      }
      if (dash + 2 < words.length) {
        entries.add(
            new Entry(
                words[2],
                Path.of(unescape(words[4])),
                unescape(words[dash + 1]),
                unescape(words[dash + 2])));
      }
    }
    return entries;
  }

  /** Returns a word with {@code \040} and its like as the bytes they stand for, which are UTF-8. */
  private static String unescape(String word) {
    byte[] bytes = new byte[word.length()];
    int length = 0;
    for (int i = 0; i < word.length(); i++) {
      char letter = word.charAt(i);
      if (letter == '\\' && i + 3 < word.length()) {
        bytes[length++] = (byte) Integer.parseInt(word.substring(i + 1, i + 4), 8);
        i += 3;
      } else {
        bytes[length++] = (byte) letter;
      }
    }
    return new String(bytes, 0, length, StandardCharsets.UTF_8);
  }
}
