// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.prefetch.model;

import org.jspecify.annotations.Nullable;

/**
 * Reads the table of tensors at the head of a file, piece by piece, as its bytes come into memory.
 * Never fails: a head that is malformed, or larger than allowed, is {@link Progress#FOREIGN}.
 */
interface TableReader {
  /** How far it is. */
  enum Progress {
    /** More bytes are needed, from {@link #position} on. */
    MORE,
    /** The table is there. */
    DONE,
    /** This is no head of such a file. */
    FOREIGN
  }

  /** Returns the offset in the file of the next byte that is needed. */
  long position();

  /**
   * Takes bytes of the file.
   *
   * @param bytes borrowed; those from {@link #position} on
   * @param length how many of them, at least 1
   */
  Progress feed(byte[] bytes, int length);

  /** Returns the offset after the head, or -1 if it is not known yet. */
  long headEnd();

  /** Returns the table when it is {@link Progress#DONE}; null before. */
  @Nullable TensorTable table();
}
