// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.staging;

import com.google.errorprone.annotations.MustBeClosed;
import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The folder of sparse files for what cannot be streamed to the store, within a hard limit. Daemons
 * of one user may share it; each counts its own files and those of dead daemons. What is in it
 * outlives the daemon, not the host: only what the store has is durable. Thread-safe.
 */
public final class StagingArea implements AutoCloseable {
  /** Descriptors kept while unused; each staged file has two. */
  private static final int OPEN_FILES = 256;

  private final StagingFolder folder;
  private final SpaceLimit space;
  private final OpenFiles files = new OpenFiles(OPEN_FILES);
  private final AtomicLong numbers = new AtomicLong();

  @GuardedBy("this")
  private StagingFolder.@Nullable Claim claim;

  @GuardedBy("this")
  private boolean closed;

  private StagingArea(StagingFolder folder, SpaceLimit space) {
    this.folder = folder;
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
  public static StagingArea open(StagingOptions options, Path mountpoint) throws IOException {
    StagingFolder folder = new StagingFolder(options.path());
    folder.prepare(mountpoint);
    folder.sweep();
    SpaceLimit space = new SpaceLimit(options, () -> Leftovers.bytesOnDisk(folder));
    return new StagingArea(folder, space);
  }

  /** Makes an empty staged file. */
  @MustBeClosed
  public StagedFile create(StagedOrigin origin) throws IOException {
    String id = claimed() + "-" + Long.toHexString(numbers.incrementAndGet());
    return new StagedFile(
        folder,
        files,
        space,
        id,
        new JournalRecord.Made(Instant.now(), ProcessHandle.current().pid(), origin));
  }

  /** Returns what names of this daemon's files begin with. */
  @SuppressWarnings("MustBeClosedChecker") // closed with the area
  private synchronized String claimed() throws IOException {
    if (closed) {
      throw new ClosedChannelException();
    }
    if (claim == null) {
      // Not before it is needed: the first foreign call of a process takes a tenth of a second,
      // which a mount that streams all its files does not have to wait for.
      claim = folder.claim();
    }
    return claim.area();
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
  public synchronized void close() {
    closed = true;
    files.close();
    if (claim != null) {
      claim.close();
      claim = null;
    }
  }
}
