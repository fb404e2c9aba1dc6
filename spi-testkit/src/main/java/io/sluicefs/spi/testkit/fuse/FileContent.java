// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.spi.testkit.fuse;

import io.sluicefs.spi.fuse.ReadReply;
import java.lang.foreign.MemorySegment;

/** What a file of a {@link MemoryFileSystem} holds. Thread-safe. */
public interface FileContent {
  /** Returns its size in bytes. */
  long size();

  /** Appends {@code length} bytes from {@code offset}, all of them inside the content. */
  void read(long offset, int length, ReadReply reply);

  /** Returns whether reading needs no waiting; false by default. */
  default boolean isPresent() {
    return false;
  }

  /** Returns the same content, but such that reading needs no waiting. */
  static FileContent present(FileContent content) {
    return new PresentContent(content);
  }

  /**
   * Returns content of any size whose every byte depends on where it stands, computed as it is
   * read.
   *
   * @see Pattern
   */
  static FileContent pattern(long seed, long size) {
    return new PatternContent(seed, size);
  }

  /** Returns content that repeats a piece of native memory and costs nothing to read. */
  static FileContent repeated(MemorySegment piece, long size) {
    return new RepeatedContent(piece.asReadOnly(), size);
  }

  /** Returns content that can be written. */
  static FileContent of(byte[] bytes) {
    return new WritableContent(bytes);
  }
}
