// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.staging;

import com.google.errorprone.annotations.MustBeClosed;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/**
 * A leftover that is this process's until it is closed: nobody else recovers or discards it
 * meanwhile. Used by one thread.
 */
public final class ClaimedLeftover implements AutoCloseable {
  private final StagingFolder folder;
  private final LinuxFile journal;
  private final LinuxFile data;
  private final StagedState state;
  private final Leftover leftover;

  private ClaimedLeftover(
      StagingFolder folder, LinuxFile journal, LinuxFile data, StagedState state, String id) {
    this.folder = folder;
    this.journal = journal;
    this.data = data;
    this.state = state;
    this.leftover = Leftover.of(folder, id, state);
  }

  /**
   * Claims a leftover.
   *
   * @param path the staging folder
   * @param id as {@link Leftover#id} has it
   * @throws IOException if there is none of that name, or it is somebody's; the message is one line
   */
  @MustBeClosed
  @SuppressWarnings("MustBeClosedChecker") // returned, or closed here
  public static ClaimedLeftover claim(Path path, String id) throws IOException {
    StagingFolder folder = new StagingFolder(path);
    String area = StagedNames.areaOf(id).orElseThrow(() -> missing(path, id));
    LinuxFile journal;
    try {
      journal = LinuxFile.open(folder.journal(id));
    } catch (NoSuchFileException e) {
      throw missing(path, id);
    }
    try {
      if (!journal.tryLock()) {
        throw new IOException(id + ": another process is recovering it");
      }
      StagedState state =
          StagingFolder.read(folder.journal(id)).orElseThrow(() -> missing(path, id));
      if (folder.isAlive(area) && !state.isLeft()) {
        throw new IOException(
            "%s: a mount has it open, process %d; close the file or end the mount"
                .formatted(id, state.pid()));
      }
      return new ClaimedLeftover(folder, journal, LinuxFile.open(folder.data(id)), state, id);
    } catch (IOException | RuntimeException e) {
      journal.close();
      throw e;
    }
  }

  private static IOException missing(Path path, String id) {
    return new IOException(
        "no staged file %s is left in %s; sluice uploads lists what is".formatted(id, path));
  }

  /** Returns what it is. */
  public Leftover leftover() {
    return leftover;
  }

  StagedState state() {
    return state;
  }

  LinuxFile data() {
    return data;
  }

  /** Removes it from the disk, whatever is in it. */
  public void discard() throws IOException {
    folder.remove(leftover.id());
  }

  @Override
  public void close() {
    data.close();
    journal.close();
  }
}
