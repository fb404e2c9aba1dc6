// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.staging;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import org.jspecify.annotations.Nullable;

/**
 * The bytes staged files may take of a disk: a hard limit for all of them and what dead daemons
 * left, and a rest of the disk that is others'. Thread-safe.
 */
final class SpaceLimit {
  /** Counts what dead daemons left. */
  @FunctionalInterface
  interface LeftoverBytes {
    long count() throws IOException;
  }

  private static final System.Logger LOG = System.getLogger(SpaceLimit.class.getName());

  /** How much is written between two looks at the disk. */
  private static final long LOOK_EVERY = 4L << 20;

  private static final long COUNT_EVERY_NANOS = 1_000_000_000L;
  private static final long WARN_EVERY_NANOS = 60_000_000_000L;

  private final StagingOptions options;
  private final LeftoverBytes leftoverBytes;
  private final FileStore disk;

  @GuardedBy("this")
  private long own;

  @GuardedBy("this")
  private long leftovers;

  @GuardedBy("this")
  private long countedAt;

  @GuardedBy("this")
  private long untilLook;

  @GuardedBy("this")
  private boolean warned;

  @GuardedBy("this")
  private long warnedAt;

  SpaceLimit(StagingOptions options, LeftoverBytes leftoverBytes) throws IOException {
    this.options = options;
    this.leftoverBytes = leftoverBytes;
    this.disk = Files.getFileStore(options.path());
    this.leftovers = leftoverBytes.count();
    this.countedAt = System.nanoTime();
  }

  /**
   * Takes bytes.
   *
   * @throws StagingFullException if they are not to be had
   */
  synchronized void reserve(long bytes) throws IOException {
    if (bytes == 0) {
      return;
    }
    if (exceeds(bytes)) {
      countLeftovers();
    }
    if (exceeds(bytes)) {
      throw full(
          "%s: %d bytes of staged files, %d of them left by dead daemons (see sluice uploads),"
                  .formatted(options.path(), own + leftovers, leftovers)
              + " leave no room for %d more within write.staging.max-size, %d bytes"
                  .formatted(bytes, options.maxSize()));
    }
    if (untilLook < bytes) {
      long free = disk.getUsableSpace();
      if (free - bytes < options.freeSpaceFloor()) {
        throw full(
            "%s: its disk has %d bytes free, and write.staging.free-space-floor leaves %d to others"
                .formatted(options.path(), free, options.freeSpaceFloor()));
      }
      untilLook = Math.min(LOOK_EVERY, free - options.freeSpaceFloor());
    }
    untilLook -= bytes;
    own += bytes;
  }

  @GuardedBy("this")
  private boolean exceeds(long bytes) {
    return bytes > options.maxSize() - own - leftovers;
  }

  /** Counts again what dead daemons left, which somebody may have removed or added to. */
  @GuardedBy("this")
  private void countLeftovers() throws IOException {
    long now = System.nanoTime();
    if (now - countedAt >= COUNT_EVERY_NANOS) {
      leftovers = leftoverBytes.count();
      countedAt = now;
    }
  }

  /** Counts bytes as its own that are there already. */
  synchronized void adopt(long bytes) {
    own += bytes;
  }

  /** Gives bytes back. */
  synchronized void release(long bytes) {
    own -= bytes;
  }

  /** Says that bytes stay on disk after the staged file was closed. */
  synchronized void leave(long bytes) {
    own -= bytes;
    leftovers += bytes;
  }

  /** Returns the bytes taken, what dead daemons left included. */
  synchronized long used() {
    return own + leftovers;
  }

  /** Returns the error of a disk that was full before its limit, said in the log too. */
  StagingFullException diskFull(IOException cause) {
    return full("%s: no room on its disk: %s".formatted(options.path(), cause.getMessage()), cause);
  }

  private StagingFullException full(String message) {
    return full(message, null);
  }

  private synchronized StagingFullException full(String message, @Nullable Throwable cause) {
    long now = System.nanoTime();
    if (!warned || now - warnedAt >= WARN_EVERY_NANOS) {
      warned = true;
      warnedAt = now;
      LOG.log(System.Logger.Level.WARNING, "programs get ENOSPC: {0}", message);
    }
    return new StagingFullException(message, cause);
  }
}
