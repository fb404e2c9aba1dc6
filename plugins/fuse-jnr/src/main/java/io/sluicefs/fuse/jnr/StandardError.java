// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.fuse.jnr;

import java.util.stream.Collectors;

/**
 * What libfuse and fusermount write to the process's standard error while open: the only place
 * where they say why a mount failed. What was caught of a mount that succeeded goes to the log.
 */
final class StandardError implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(StandardError.class.getName());
  private static final int LIMIT = 16 * 1024;

  private final int saved;
  private final int file;
  private boolean used;

  private StandardError(int saved, int file) {
    this.saved = saved;
    this.file = file;
  }

  static StandardError capture() {
    int file = LibC.memoryFile("sluice-stderr");
    int saved = LibC.duplicate(LibC.STDERR);
    if (file >= 0 && saved >= 0) {
      LibC.duplicateOnto(file, LibC.STDERR);
    }
    return new StandardError(saved, file);
  }

  /** Returns what was written, as one line. */
  String text() {
    used = true;
    String line =
        read()
            .lines()
            .map(text -> text.replaceFirst("^(fuse|fusermount3?): *", "").strip())
            .filter(text -> !text.isEmpty())
            .collect(Collectors.joining("; "));
    return line.isEmpty() ? "libfuse gave no reason" : line;
  }

  private String read() {
    return file < 0 ? "" : LibC.readText(file, LIMIT);
  }

  @Override
  public void close() {
    if (file >= 0 && saved >= 0) {
      LibC.duplicateOnto(saved, LibC.STDERR);
    }
    if (!used && !read().isBlank()) {
      LOG.log(System.Logger.Level.WARNING, "while mounting: {0}", text());
    }
    if (saved >= 0) {
      LibC.close(saved);
    }
    if (file >= 0) {
      LibC.close(file);
    }
  }
}
