// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.write;

/**
 * How files are written.
 *
 * @param partSize bytes of a part of an upload, as long as the size of the object allows it
 * @param requests most parts of all files under way at once
 * @param requestsPerFile most parts of one file under way at once
 * @param keepSize most bytes of what was written that are kept in memory to be read again
 */
public record WriteOptions(long partSize, int requests, int requestsPerFile, long keepSize) {
  /** What a mount uses unless it is told otherwise, with so much kept. */
  public static WriteOptions standard(long keepSize) {
    return new WriteOptions(8L << 20, 64, 16, keepSize);
  }

  public WriteOptions {
    if (partSize < 1 || requests < 1 || requestsPerFile < 1 || keepSize < 0) {
      throw new IllegalArgumentException("sizes and counts of writing are positive");
    }
  }
}
