// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.config;

import io.sluicefs.spi.Secret;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;

/** What was read from a configuration, with where each piece stands. */
sealed interface ConfigNode {
  /** Returns where it stands, for an error: {@code sluice.conf: 12}. */
  String origin();

  /**
   * A value.
   *
   * @param written the text; the elements of a list with commas between them. Any may be a secret,
   *     which only its plugin knows
   * @param origin where it stands
   * @param file the file whose text it is; null if it is from the environment or a command line
   * @param overriding whether it is from a command line
   */
  record Leaf(Secret written, String origin, @Nullable Path file, boolean overriding)
      implements ConfigNode {
    Leaf(String text, String origin, @Nullable Path file, boolean overriding) {
      this(Secret.of(text), origin, file, overriding);
    }

    /** Returns the text, to be forgotten by who asks for it. */
    String text() {
      return written.reveal(String::new);
    }
  }

  /**
   * A section.
   *
   * @param children by their own name, in the order of the file
   * @param origin where it stands
   */
  record Branch(SequencedMap<String, ConfigNode> children, String origin) implements ConfigNode {
    /** Returns what stands at a path, {@code write.staging}, relative to this section. */
    @Nullable ConfigNode find(String path) {
      int dot = path.indexOf('.');
      if (dot < 0) {
        return children.get(path);
      }
      return children.get(path.substring(0, dot)) instanceof Branch branch
          ? branch.find(path.substring(dot + 1))
          : null;
    }

    /** Returns this section with another value at a path relative to it. */
    Branch with(String path, Leaf value) {
      int dot = path.indexOf('.');
      SequencedMap<String, ConfigNode> changed = new LinkedHashMap<>(children);
      if (dot < 0) {
        changed.put(path, value);
      } else {
        String first = path.substring(0, dot);
        Branch inner =
            children.get(first) instanceof Branch branch
                ? branch
                : new Branch(new LinkedHashMap<>(), value.origin());
        changed.put(first, inner.with(path.substring(dot + 1), value));
      }
      return new Branch(changed, origin);
    }

    /** Returns the values of this section and of those within it, by name relative to it. */
    Map<String, Leaf> leaves() {
      Map<String, Leaf> leaves = new LinkedHashMap<>();
      collect("", leaves);
      return leaves;
    }

    private void collect(String parent, Map<String, Leaf> leaves) {
      children.forEach(
          (name, child) -> {
            switch (child) {
              case Leaf leaf -> leaves.put(parent + name, leaf);
              case Branch branch -> branch.collect(parent + name + ".", leaves);
            }
          });
    }
  }
}
