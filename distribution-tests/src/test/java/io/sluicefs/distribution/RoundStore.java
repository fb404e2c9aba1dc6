// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.distribution;

import io.sluicefs.distribution.NameState.Content;
import io.sluicefs.distribution.NameState.Fixed;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What the store holds below the folder of a round, seen without a mount. */
record RoundStore(BucketContents contents) {
  EmulatorProcess emulator() {
    return contents.emulator();
  }

  void makeFolder() {
    put("", new byte[0]);
  }

  void put(String path, byte[] content) {
    emulator().put(contents.bucket(), contents.folder() + "/" + path, content);
  }

  private void delete(String path) {
    emulator().delete(contents.bucket(), contents.folder() + "/" + path);
  }

  /**
   * Returns what paths lead to. What is only known to have been streamed is removed, as the model
   * has no bytes of it.
   *
   * @throws Divergence if something is not what it may be
   */
  Map<String, NameState> seen(FileTreeModel model) throws Divergence {
    Map<String, NameState> seen = new TreeMap<>();
    for (String key : contents.allKeys()) {
      for (int slash = key.indexOf('/'); slash >= 0; slash = key.indexOf('/', slash + 1)) {
        seen.put(key.substring(0, slash), Fixed.DIRECTORY);
      }
      if (!key.endsWith("/")) {
        String sum = contents.sha256(key);
        Content content =
            model.stored(key).stream()
                .filter(Content.class::isInstance)
                .map(Content.class::cast)
                .filter(candidate -> candidate.sha256().equals(sum))
                .findFirst()
                .orElse(null);
        if (content != null) {
          seen.put(key, content);
        } else if (model.wasStreamed(key)) {
          delete(key);
        } else {
          throw new Divergence(
              "the store has %s with SHA-256 %s instead of one of %s"
                  .formatted(key, sum, model.stored(key)));
        }
      }
    }
    for (String path : model.everStored()) {
      NameState state = seen.getOrDefault(path, Fixed.ABSENT);
      boolean isPossible =
          model.stored(path).contains(state)
              || model.wasStreamed(path)
              || (state == Fixed.DIRECTORY && model.mayHoldFiles(path));
      if (!isPossible) {
        throw new Divergence(
            "the store has %s as %s instead of one of %s"
                .formatted(path, state, model.stored(path)));
      }
    }
    return seen;
  }

  /** Whether a path leads to what a worker saw. */
  boolean has(String path, String seen) {
    List<String> keys = contents.allKeys();
    if (keys.stream().anyMatch(key -> key.startsWith(path + "/"))) {
      return seen.equals(Fixed.DIRECTORY.toString());
    }
    return keys.contains(path)
        ? seen.endsWith(" " + contents.sha256(path))
        : seen.equals(Fixed.ABSENT.toString());
  }

  /** Waits until the store has all that is there and nothing else. */
  void await(FileTreeModel model, long deadline) throws Divergence {
    Map<String, String> expected = new TreeMap<>();
    model
        .states()
        .forEach(
            (path, state) -> {
              if (state instanceof Content content) {
                expected.put(path, content.sha256());
              }
            });
    Map<String, String> found = files();
    while (!found.equals(expected)) {
      if (System.nanoTime() - deadline > 0) {
        throw new Divergence("the store should have\n%s\nand has\n%s".formatted(expected, found));
      }
      Thread.onSpinWait();
      found = files();
    }
  }

  private Map<String, String> files() {
    Map<String, String> files = new TreeMap<>();
    for (String key : contents.keys()) {
      files.put(key, contents.sha256(key));
    }
    return files;
  }

  void assertNoUploads() throws Divergence {
    List<String> uploads = contents.pendingUploads();
    if (!uploads.isEmpty()) {
      throw new Divergence("uploads left pending: " + uploads);
    }
  }

  /** Removes everything. */
  void clear() {
    contents.allKeys().forEach(this::delete);
    delete("");
  }
}
