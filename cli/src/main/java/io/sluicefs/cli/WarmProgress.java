// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cli;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** How far loading has come. Thread-safe. */
final class WarmProgress {
  private final long bytes;
  private final int files;
  private final long started = System.nanoTime();
  private final AtomicLong loadedBytes = new AtomicLong();
  private final AtomicInteger loadedFiles = new AtomicInteger();

  /**
   * @param bytes to be loaded
   * @param files to be loaded
   */
  WarmProgress(long bytes, int files) {
    this.bytes = bytes;
    this.files = files;
  }

  /** Adds bytes; takes them away again if the file they are of has to be loaded anew. */
  void loaded(long count) {
    loadedBytes.addAndGet(count);
  }

  void finishedFile() {
    loadedFiles.incrementAndGet();
  }

  long loadedBytes() {
    return loadedBytes.get();
  }

  double seconds() {
    return (System.nanoTime() - started) / 1e9;
  }

  long bytesPerSecond() {
    return (long) (loadedBytes() / Math.max(seconds(), 1e-3));
  }

  /** Says it for a {@link ProgressLine}. */
  String bar() {
    return ProgressBar.ofBytes(loadedBytes(), bytes, bytesPerSecond());
  }

  /** Says it in words: {@code 1.0 GiB of 4.0 GiB loaded, 1 of 4 files complete}. */
  String text() {
    return "%s of %s loaded, %d of %d files complete"
        .formatted(ByteCount.text(loadedBytes()), ByteCount.text(bytes), loadedFiles.get(), files);
  }
}
