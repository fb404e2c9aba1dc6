// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.staging;

import com.google.errorprone.annotations.MustBeClosed;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * The folder staged files are in, which the daemons of a user share, and whether the daemon a file
 * belongs to is alive: it holds a lock while it is, whatever way it ends.
 */
final class StagingFolder {
  /** A name all files of one daemon begin with, and the proof that it lives. */
  static final class Claim implements AutoCloseable {
    private final Path path;
    private final String area;
    private final LinuxFile lock;

    private Claim(Path path, String area, LinuxFile lock) {
      this.path = path;
      this.area = area;
      this.lock = lock;
    }

    String area() {
      return area;
    }

    /** Ends it, and leaves the name to the process that waits for it. */
    void leave() {
      lock.close();
    }

    @Override
    public void close() {
      try {
        // Before the lock goes, so that nobody meets it unlocked.
        Files.deleteIfExists(path);
      } catch (IOException e) {
        LOG.log(System.Logger.Level.WARNING, "cannot remove " + path, e);
      }
      lock.close();
    }
  }

  private static final System.Logger LOG = System.getLogger(StagingFolder.class.getName());
  private static final String OWNER_ONLY = "rwx------";
  private static final int ATTEMPTS = 10;
  private static final int NAME_BYTES = 4;

  private final Path path;
  private final SecureRandom random = new SecureRandom();

  StagingFolder(Path path) {
    this.path = path;
  }

  Path path() {
    return path;
  }

  /**
   * Makes the folder, for this user only.
   *
   * @throws IOException if it is a link, somebody else's, in or around the mountpoint, or cannot be
   *     made
   */
  void prepare(Path mountpoint) throws IOException {
    if (path.startsWith(mountpoint) || mountpoint.startsWith(path)) {
      throw refusal("is inside or above the mountpoint " + mountpoint);
    }
    try {
      if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
        Files.createDirectories(Objects.requireNonNullElse(path.getParent(), path));
        makeUnlessThere();
      }
    } catch (IOException e) {
      throw new IOException(refusal("cannot be made: " + e).getMessage(), e);
    }
    if (Files.isSymbolicLink(path)) {
      throw refusal("is a symbolic link");
    }
    if (!Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
      throw refusal("is not a directory");
    }
    Object owner = Files.getAttribute(path, "unix:uid", LinkOption.NOFOLLOW_LINKS);
    if (!owner.equals(Files.getAttribute(Path.of("/proc/self"), "unix:uid"))) {
      throw refusal("belongs to another user");
    }
    Path real = path.toRealPath();
    if (real.startsWith(mountpoint) || mountpoint.startsWith(real)) {
      throw refusal("is inside or above the mountpoint " + mountpoint);
    }
    Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(OWNER_ONLY));
  }

  private void makeUnlessThere() throws IOException {
    try {
      Files.createDirectory(
          path, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(OWNER_ONLY)));
    } catch (FileAlreadyExistsException e) {
      // Another daemon starts at the same time; what is there is checked like any other.
      LOG.log(System.Logger.Level.DEBUG, "made by another process", e);
    }
  }

  private IOException refusal(String why) {
    return new IOException(
        "%s: %s; set write.staging.path to a directory of this user elsewhere"
            .formatted(path, why));
  }

  /** Claims a name for this daemon's files until the claim is closed. */
  @MustBeClosed
  @SuppressWarnings("MustBeClosedChecker") // returned, or closed here
  Claim claim() throws IOException {
    byte[] name = new byte[NAME_BYTES];
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      random.nextBytes(name);
      String area = HexFormat.of().formatHex(name);
      Path file = path.resolve(area + StagedNames.LOCK);
      LinuxFile lock = LinuxFile.create(file);
      // Whoever met it before it was locked may have taken it for a dead daemon's and removed it.
      if (lock.tryLock() && isSame(lock.link(), file)) {
        return new Claim(file, area, lock);
      }
      lock.close();
    }
    throw new IOException(path + ": what is made in it is removed at once");
  }

  /**
   * Opens the proof that another process lives, to be {@linkplain LeftName#await waited for} when
   * it leaves its files to this one.
   */
  @MustBeClosed
  @SuppressWarnings("MustBeClosedChecker") // returned
  LeftName left(String area) throws IOException {
    Path file = path.resolve(area + StagedNames.LOCK);
    return new LeftName(file, area, LinuxFile.open(file));
  }

  /** The name another process claimed, and leaves to this one. */
  static final class LeftName implements AutoCloseable {
    private final Path path;
    private final String area;
    private final LinuxFile lock;

    private LeftName(Path path, String area, LinuxFile lock) {
      this.path = path;
      this.area = area;
      this.lock = lock;
    }

    /** Waits until the other process has ended, and returns its name as a claim of this one. */
    @MustBeClosed
    Claim await() throws IOException {
      lock.lock();
      return new Claim(path, area, lock);
    }

    @Override
    public void close() {
      lock.close();
    }
  }

  private static boolean isSame(Path open, Path name) throws IOException {
    try {
      return Files.isSameFile(open, name);
    } catch (NoSuchFileException e) {
      return false;
    }
  }

  /** Returns whether the daemon that claimed a name lives. */
  boolean isAlive(String area) throws IOException {
    try (LinuxFile lock = LinuxFile.open(path.resolve(area + StagedNames.LOCK))) {
      return !lock.tryLockShared();
    } catch (NoSuchFileException e) {
      return false;
    }
  }

  /** Returns the files of a kind, in the order of their names. */
  List<Path> files(String kind) throws IOException {
    List<Path> files = new ArrayList<>();
    if (!Files.isDirectory(path)) {
      return files;
    }
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(path, "*" + kind)) {
      for (Path entry : entries) {
        if (StagedNames.of(entry).filter(name -> name.kind().equals(kind)).isPresent()) {
          files.add(entry);
        }
      }
    }
    files.sort(null);
    return files;
  }

  /** Returns what a journal says; nothing if it is gone, or its daemon died before it said any. */
  static Optional<StagedState> read(Path journal) throws IOException {
    try {
      return JournalFormat.decode(Files.readAllBytes(journal));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (IOException e) {
      throw new IOException(journal + ": " + e.getMessage(), e);
    }
  }

  Path data(String id) {
    return path.resolve(id + StagedNames.DATA);
  }

  Path journal(String id) {
    return path.resolve(id + StagedNames.JOURNAL);
  }

  /** Removes a staged file: first what says that it is there. */
  void remove(String id) throws IOException {
    Files.deleteIfExists(journal(id));
    Files.deleteIfExists(path.resolve(id + StagedNames.JOURNAL + StagedNames.FRESH));
    Files.deleteIfExists(data(id));
  }

  /** Removes what dead daemons left and nobody can miss. */
  void sweep() throws IOException {
    for (Path fresh : files(StagedNames.JOURNAL + StagedNames.FRESH)) {
      if (isDead(fresh)) {
        Files.deleteIfExists(fresh);
      }
    }
    for (Path journal : files(StagedNames.JOURNAL)) {
      if (isDead(journal) && isWorthless(journal)) {
        remove(StagedNames.of(journal).orElseThrow().id());
      }
    }
    for (Path data : files(StagedNames.DATA)) {
      if (isDead(data) && !Files.exists(journal(StagedNames.of(data).orElseThrow().id()))) {
        Files.deleteIfExists(data);
      }
    }
    for (Path lock : files(StagedNames.LOCK)) {
      try (LinuxFile file = LinuxFile.open(lock)) {
        if (file.tryLock()) {
          Files.deleteIfExists(lock);
        }
      } catch (NoSuchFileException e) {
        LOG.log(System.Logger.Level.DEBUG, "removed by another process", e);
      }
    }
  }

  private boolean isDead(Path file) throws IOException {
    return !isAlive(StagedNames.of(file).orElseThrow().area());
  }

  private static boolean isWorthless(Path journal) {
    try {
      return read(journal).map(StagedState::isWorthless).orElse(true);
    } catch (IOException e) {
      LOG.log(System.Logger.Level.WARNING, "left alone: {0}", e.getMessage());
      return false;
    }
  }
}
