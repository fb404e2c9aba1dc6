// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.distribution;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What a program does to files, by a path or by a handle. Handles are numbers the programs have in
 * common; each is open in the process that opened it.
 */
sealed interface FileOperation {
  /** How a file is opened. */
  enum Mode {
    READ("r"),
    WRITE("w"),
    READ_WRITE("rw"),
    CREATE("rw c"),
    TRUNCATE("w c t"),
    EXCLUSIVE("rw c x"),
    APPEND("w c a");

    private final String words;

    Mode(String words) {
      this.words = words;
    }

    boolean reads() {
      return words.startsWith("r");
    }

    boolean writes() {
      return words.contains("w");
    }

    boolean creates() {
      return words.contains(" c");
    }

    boolean truncates() {
      return words.contains(" t");
    }

    boolean isExclusive() {
      return words.contains(" x");
    }

    boolean appends() {
      return words.contains(" a");
    }
  }

  record Open(int handle, String path, Mode mode) implements FileOperation {}

  record Close(int handle) implements FileOperation, ByHandle {}

  /** Writes at an offset; at the end where the handle appends. */
  record Write(int handle, Pattern data, int offset) implements FileOperation, ByHandle {}

  record Read(int handle, int length, int offset) implements FileOperation, ByHandle {}

  record Resize(int handle, int size) implements FileOperation, ByHandle {}

  record Sync(int handle) implements FileOperation, ByHandle {}

  record Size(int handle) implements FileOperation, ByHandle {}

  /** Makes a file, or replaces its bytes, and closes it. */
  record Put(String path, Pattern data) implements FileOperation {}

  /** Opens a file, appends to it, and closes it. */
  record Append(String path, Pattern data) implements FileOperation {}

  /** Opens a file, reads all of it, and closes it. */
  record Get(String path) implements FileOperation {}

  record Truncate(String path, int size) implements FileOperation {}

  record Rename(String source, String target) implements FileOperation {}

  record Unlink(String path) implements FileOperation {}

  record MakeDirectory(String path) implements FileOperation {}

  record RemoveDirectory(String path) implements FileOperation {}

  record ListNames(String path) implements FileOperation {}

  record Stat(String path) implements FileOperation {}

  /** Done by an open handle. */
  sealed interface ByHandle permits Close, Write, Read, Resize, Sync, Size {
    int handle();
  }

  /** The words that tell a worker what to do, separated by tabs. */
  default String line() {
    return Stream.concat(
            Stream.of(getClass().getSimpleName().toLowerCase(Locale.ROOT)),
            Arrays.stream(getClass().getRecordComponents())
                .map(
                    component -> {
                      try {
                        return component.getAccessor().invoke(this);
                      } catch (ReflectiveOperationException e) {
                        throw new LinkageError(e.getMessage(), e);
                      }
                    }))
        .map(
            word ->
                switch (word) {
                  case Pattern data -> data.seed() + " " + data.length();
                  case Mode mode -> mode.words;
                  default -> word.toString();
                })
        .collect(Collectors.joining("\t"));
  }

  /** The paths it is about, handles apart. */
  default List<String> paths() {
    return switch (this) {
      case Open open -> List.of(open.path);
      case Put put -> List.of(put.path);
      case Append append -> List.of(append.path);
      case Get get -> List.of(get.path);
      case Truncate truncate -> List.of(truncate.path);
      case Rename rename -> List.of(rename.source, rename.target);
      case Unlink unlink -> List.of(unlink.path);
      case MakeDirectory make -> List.of(make.path);
      case RemoveDirectory remove -> List.of(remove.path);
      case ListNames list -> List.of(list.path);
      case Stat stat -> List.of(stat.path);
      case Close _, Write _, Read _, Resize _, Sync _, Size _ -> List.of();
    };
  }
}
