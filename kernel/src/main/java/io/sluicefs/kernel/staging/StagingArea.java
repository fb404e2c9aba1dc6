// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.staging;

import com.google.errorprone.annotations.MustBeClosed;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The folder of sparse files for what cannot be streamed to the store, within a hard limit. Daemons
 * of one user may share it; each counts its own files and those of dead daemons. What is in it
 * outlives the daemon, not the host: only what the store has is durable. Thread-safe.
 */
public final class StagingArea implements AutoCloseable {
  /** Descriptors kept while unused; each staged file has two. */
  private static final int OPEN_FILES = 256;

  private final StagingFolder folder;
  private final StagingFolder.Claim claim;
  private final SpaceLimit space;
  private final OpenFiles files = new OpenFiles(OPEN_FILES);
  private final AtomicLong numbers = new AtomicLong();

  private StagingArea(StagingFolder folder, StagingFolder.Claim claim, SpaceLimit space) {
    this.folder = folder;
    this.claim = claim;
    this.space = space;
  }

  /**
   * Opens a folder, which is made if it is not there, and removes what is worthless in it.
   *
   * @param mountpoint where the bucket is to be mounted: the folder may be neither in it nor around
   *     it
   * @throws IOException if the folder is no place for staged files; the message is one line
   */
  @MustBeClosed
  @SuppressWarnings("MustBeClosedChecker") // returned, or closed here
  public static StagingArea open(StagingOptions options, Path mountpoint) throws IOException {
    StagingFolder folder = new StagingFolder(options.path());
    folder.prepare(mountpoint);
    folder.sweep();
    StagingFolder.Claim claim = folder.claim();
    try {
      SpaceLimit space = new SpaceLimit(options, () -> Leftovers.bytesOnDisk(folder));
      return new StagingArea(folder, claim, space);
    } catch (IOException | RuntimeException e) {
      claim.close();
      throw e;
    }
  }

  /** Makes an empty staged file. */
  @MustBeClosed
  public StagedFile create(StagedOrigin origin) throws IOException {
    String id = claim.area() + "-" + Long.toHexString(numbers.incrementAndGet());
    return new StagedFile(
        folder,
        files,
        space,
        id,
        new JournalRecord.Made(Instant.now(), ProcessHandle.current().pid(), origin));
  }

  /** Returns the bytes of the disk that are taken, what dead daemons left included. */
  public long used() {
    return space.used();
  }

  /** Returns the folder. */
  public Path path() {
    return folder.path();
  }

  /** Returns what dead daemons left, and what living ones could not publish. */
  public Leftovers leftovers() throws IOException {
    return Leftovers.in(folder.path());
  }

  /**
   * Ends it. Staged files that are still open stay on disk as if the daemon had died. Idempotent.
   */
  @Override
  public void close() {
    files.close();
    claim.close();
  }
}
