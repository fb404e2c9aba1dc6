// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cache.disk.lmdb;

import com.google.errorprone.annotations.MustBeClosed;
import io.sluicefs.spi.PluginSettings;
import io.sluicefs.spi.SettingException;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Objects;
import java.util.Optional;
import java.util.Properties;
import org.jspecify.annotations.Nullable;

/**
 * The directory of a cache: whose it is, what format it has, and who uses it.
 *
 * <p>{@code format} says how the rest is laid out; {@code lock} is locked by the one process that
 * writes and says which; {@code index/} is LMDB's, {@code blocks} the slab file; {@code index.bad/}
 * an index that was set aside.
 */
final class CacheDirectory {
  private static final Logger LOGGER = System.getLogger(CacheDirectory.class.getName());
  private static final String VERSION = "1";
  private static final String OWNER_ONLY = "rwx------";
  static final String LMDB_DATA = "data.mdb";

  private final Path path;
  private final PluginSettings settings;

  CacheDirectory(Path path, PluginSettings settings) {
    this.path = path;
    this.settings = settings;
  }

  Path path() {
    return path;
  }

  Path blocks() {
    return path.resolve("blocks");
  }

  Path index() {
    return path.resolve("index");
  }

  /**
   * Makes the directory, for this user only, or checks the one that is there.
   *
   * @throws SettingException if it is a link, somebody else's, or in or around the mountpoint
   * @throws IOException if it cannot be made
   */
  void prepare(Optional<Path> mountpoint) throws SettingException, IOException {
    refuseAround(path, mountpoint);
    if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
      Files.createDirectories(Objects.requireNonNullElse(path.getParent(), path));
      Files.createDirectory(
          path, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(OWNER_ONLY)));
    }
    check();
    refuseAround(path.toRealPath(), mountpoint);
    Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(OWNER_ONLY));
  }

  /**
   * Checks that a cache is there.
   *
   * @throws IOException if none is
   */
  void requireMade() throws SettingException, IOException {
    if (!Files.exists(format())) {
      throw new IOException(path + ": there is no disk cache in it yet");
    }
    check();
  }

  private void check() throws SettingException, IOException {
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
  }

  private void refuseAround(Path place, Optional<Path> mountpoint) throws SettingException {
    if (mountpoint.isPresent()
        && (place.startsWith(mountpoint.get()) || mountpoint.get().startsWith(place))) {
      throw refusal("is inside or above the mountpoint " + mountpoint.get());
    }
  }

  private SettingException refusal(String why) {
    return settings.error(
        LmdbCacheConfig.PATH,
        "%s %s; name a directory of this user elsewhere, for this cache alone"
            .formatted(path, why));
  }

  /**
   * Locks it for this process, until what is returned is closed.
   *
   * @throws SettingException if another process uses it
   */
  @MustBeClosed
  @SuppressWarnings("MustBeClosedChecker") // returned
  LinuxFile lock() throws SettingException, IOException {
    LinuxFile lock = tryLock();
    if (lock == null) {
      throw settings.error(
          LmdbCacheConfig.PATH,
          "%s is used by process %s; give each mount a directory of its own, or unmount the other"
              .formatted(path, user()));
    }
    return lock;
  }

  /** Locks it as {@link #lock} does; returns null if another process uses it. */
  @MustBeClosed
  @SuppressWarnings("MustBeClosedChecker") // returned, or closed here
  @Nullable LinuxFile tryLock() throws IOException {
    LinuxFile lock = LinuxFile.open(path.resolve("lock"));
    boolean good = false;
    try {
      if (!lock.tryLock()) {
        return null;
      }
      Files.writeString(
          path.resolve("lock"),
          Long.toString(ProcessHandle.current().pid()),
          StandardOpenOption.TRUNCATE_EXISTING);
      good = true;
      return lock;
    } finally {
      if (!good) {
        lock.close();
      }
    }
  }

  private String user() {
    try {
      String pid = Files.readString(path.resolve("lock")).strip();
      return pid.isEmpty() ? "another" : pid;
    } catch (IOException e) {
      return "another";
    }
  }

  /**
   * Reads the format, or writes that of a new directory.
   *
   * @param config what a new directory is laid out by
   * @return the bytes of a region
   * @throws SettingException if the directory is of another format, or not of a cache
   */
  int format(LmdbCacheConfig config) throws SettingException, IOException {
    if (!Files.exists(format())) {
      refuseForeignFiles();
      int regionSize = config.regionSize();
      Properties made = new Properties();
      made.setProperty("version", VERSION);
      made.setProperty("block-size", Integer.toString(config.blockSize()));
      made.setProperty("region-size", Integer.toString(regionSize));
      Path fresh = path.resolve("format.fresh");
      try (var out = Files.newBufferedWriter(fresh)) {
        made.store(out, "Format of this disk cache of Sluice. Change nothing here.");
      }
      Files.setPosixFilePermissions(fresh, PosixFilePermissions.fromString("rw-------"));
      Files.move(fresh, format(), StandardCopyOption.ATOMIC_MOVE);
      return regionSize;
    }
    return regionSize(config.blockSize());
  }

  private void refuseForeignFiles() throws SettingException, IOException {
    try (DirectoryStream<Path> files = Files.newDirectoryStream(path)) {
      for (Path file : files) {
        String name = file.getFileName().toString();
        if (!name.equals("lock") && !name.equals("format.fresh")) {
          throw refusal("has other files in it, such as " + name);
        }
      }
    }
  }

  private int regionSize(int blockSize) throws SettingException, IOException {
    Properties made = new Properties();
    try (var in = Files.newBufferedReader(format())) {
      made.load(in);
    } catch (IllegalArgumentException e) {
      throw refusal("has a damaged file format");
    }
    if (!VERSION.equals(made.getProperty("version"))) {
      throw settings.error(
          LmdbCacheConfig.PATH,
          "%s has format %s and this Sluice has format %s; name another directory, or empty this one"
              .formatted(path, made.getProperty("version"), VERSION));
    }
    int region;
    try {
      int blocks = Integer.parseInt(made.getProperty("block-size", ""));
      if (blocks != blockSize) {
        throw settings.error(
            LmdbCacheConfig.BLOCK_SIZE,
            "%s has blocks of %d bytes; set block-size to that, or empty the directory"
                .formatted(path, blocks));
      }
      region = Integer.parseInt(made.getProperty("region-size", ""));
    } catch (NumberFormatException e) {
      throw refusal("has a damaged file format");
    }
    if (region <= 0 || region % blockSize != 0) {
      throw refusal("has a damaged file format");
    }
    return region;
  }

  private Path format() {
    return path.resolve("format");
  }

  /**
   * Opens the index. One that is damaged is set aside with everything it named, and a new one
   * begun.
   *
   * @param size most bytes of its file
   */
  @MustBeClosed
  BlockIndex openIndex(long size, int blockSize) throws IOException {
    Path data = index().resolve(LMDB_DATA);
    if (Files.exists(data) && Files.size(data) > 0) {
      try {
        IndexPages.check(data);
        return BlockIndex.open(index(), size, blockSize);
      } catch (DamagedIndexException e) {
        setAside(e);
      }
    }
    return BlockIndex.open(index(), size, blockSize);
  }

  /**
   * Checks the index, unless a mount uses it and may be writing to it now.
   *
   * @throws DamagedIndexException if it is damaged
   */
  void checkUnlessUsed() throws IOException {
    Path data = index().resolve(LMDB_DATA);
    try (@Nullable LinuxFile lock = tryLock()) {
      if (lock != null && Files.exists(data) && Files.size(data) > 0) {
        IndexPages.check(data);
      }
    } catch (DamagedIndexException e) {
      throw new DamagedIndexException(
          "%s: the index is damaged: %s; the next mount starts a new one"
              .formatted(path, e.getMessage()),
          e);
    }
  }

  private void setAside(IOException why) throws IOException {
    Path bad = path.resolve("index.bad");
    delete(bad);
    Files.move(index(), bad, StandardCopyOption.ATOMIC_MOVE);
    Files.deleteIfExists(bad.resolve("lock.mdb"));
    Files.deleteIfExists(blocks());
    LOGGER.log(
        Level.WARNING,
        "the index of the disk cache in {0} is damaged ({1}); it is set aside as {2}, and the cache"
            + " starts empty",
        path,
        why.getMessage(),
        bad);
  }

  private static void delete(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      return;
    }
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
      for (Path file : files) {
        Files.delete(file);
      }
    }
    Files.delete(folder);
  }

  /** Returns the bytes of the disk this user may still take. */
  long freeBytes() throws IOException {
    return Files.getFileStore(path).getUsableSpace();
  }
}
