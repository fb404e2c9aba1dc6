// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.staging;

import com.google.errorprone.annotations.MustBeClosed;
import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The folder of sparse files for what cannot be streamed to the store, within a hard limit. Daemons
 * of one user may share it; each counts its own files and those of dead daemons. What is in it
 * outlives the daemon, not the host: only what the store has is durable. Thread-safe.
 */
public final class StagingArea implements AutoCloseable {
  /** Descriptors kept while unused, where the process may have many; each staged file has two. */
  private static final int OPEN_FILES = 256;

  /** Share of the descriptors the process may have; connections to the store need most. */
  private static final int DESCRIPTOR_SHARE = 8;

  private static final Path LIMITS = Path.of("/proc/self/limits");
  private static final Pattern DESCRIPTORS = Pattern.compile("Max open files\\s+(\\d{1,9})\\s.*");

  private static final System.Logger LOG = System.getLogger(StagingArea.class.getName());

  private final StagingFolder folder;
  private final SpaceLimit space;
  private final OpenFiles files = new OpenFiles(descriptors());
  private final AtomicLong numbers = new AtomicLong();

  @GuardedBy("this")
  private StagingFolder.@Nullable Claim claim;

  /** Names of processes that leave their files to this one, by area. */
  @GuardedBy("this")
  private final Map<String, StagingFolder.LeftName> expected = new LinkedHashMap<>();

  /** Names of processes that have left their files to this one. */
  @GuardedBy("this")
  private final List<StagingFolder.Claim> inherited = new ArrayList<>();

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

  private static int descriptors() {
    try {
      for (String line : Files.readAllLines(LIMITS)) {
        Matcher limit = DESCRIPTORS.matcher(line);
        if (limit.matches()) {
          return Math.clamp(Integer.parseInt(limit.group(1)) / DESCRIPTOR_SHARE, 2, OPEN_FILES);
        }
      }
    } catch (IOException e) {
      LOG.log(System.Logger.Level.DEBUG, "cannot read " + LIMITS, e);
    }
    return OPEN_FILES;
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

  /**
   * Prepares to go on with files that another process leaves to this one.
   *
   * @param ids of them
   * @throws IOException if one is not there
   */
  @SuppressWarnings("MustBeClosedChecker") // closed with the area
  public synchronized void expect(Collection<String> ids) throws IOException {
    for (String id : ids) {
      String area =
          StagedNames.areaOf(id).orElseThrow(() -> new IOException(id + " is no staged file"));
      if (StagingFolder.read(folder.journal(id)).isEmpty()) {
        throw new IOException(folder.journal(id) + " is gone or says nothing");
      }
      if (!expected.containsKey(area)) {
        expected.put(area, folder.left(area));
      }
    }
  }

  /** Waits until the process that left the {@linkplain #expect expected} files has ended. */
  @SuppressWarnings("MustBeClosedChecker") // closed with the area
  public synchronized void awaitExpected() throws IOException {
    for (StagingFolder.LeftName name : expected.values()) {
      inherited.add(name.await());
    }
    expected.clear();
  }

  /** Goes on with a file that another process has left to this one. */
  @MustBeClosed
  public StagedFile adopt(String id) throws IOException {
    return StagedFile.adopt(folder, files, space, id);
  }

  /** Ends it as {@link #close} does, and leaves its files to another process that expects them. */
  public synchronized void leave() {
    closed = true;
    files.close();
    if (claim != null) {
      claim.leave();
      claim = null;
    }
    inherited.forEach(StagingFolder.Claim::leave);
    inherited.clear();
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
    inherited.forEach(StagingFolder.Claim::close);
    inherited.clear();
    expected.values().forEach(StagingFolder.LeftName::close);
    expected.clear();
  }
}
