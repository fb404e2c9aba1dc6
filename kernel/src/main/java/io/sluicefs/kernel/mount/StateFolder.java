// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.mount;

import com.google.errorprone.annotations.MustBeClosed;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The folder in which each daemon of this user keeps a file about its mount: {@code /run/sluice}
 * for root, {@code $XDG_RUNTIME_DIR/sluice} or {@code /tmp/sluice-<uid>} for others. A daemon holds
 * a lock on its file as long as it lives, whatever way it ends.
 */
public final class StateFolder {
  private static final Set<StandardOpenOption> OPTIONS =
      Set.of(StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
  private static final int ATTEMPTS = 10;

  /**
   * What this process has claimed, by file: none of these may be opened again, since closing it
   * would give up its lock, as POSIX has it.
   */
  private static final Map<Path, MountRecord> CLAIMED = new ConcurrentHashMap<>();

  private final Path path;

  /** Creates a view of the folder, which is made when it is first needed. */
  public StateFolder(Path path) {
    this.path = path;
  }

  /** Returns this user's folder. */
  public static StateFolder ofThisUser() {
    int uid;
    try {
      uid = (Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
    } catch (IOException e) {
      throw new java.io.UncheckedIOException("cannot read the owner of /proc/self", e);
    }
    if (uid == 0) {
      return new StateFolder(Path.of("/run/sluice"));
    }
    String runtime = System.getenv("XDG_RUNTIME_DIR");
    return new StateFolder(
        runtime == null || runtime.isEmpty()
            ? Path.of("/tmp/sluice-" + uid)
            : Path.of(runtime, "sluice"));
  }

  /** Returns where the log of a daemon in the background goes when nothing else is said. */
  public Path log(Mountpoint mountpoint) {
    return path.resolve(name(mountpoint) + ".log");
  }

  /** Returns where the daemon of a mount answers questions. */
  public Path socket(MountRecord record) {
    return path.resolve(name(record.mountpoint(), record.pid()) + ".sock");
  }

  /** Returns where the daemon of a mountpoint answers questions. */
  Path socket(Mountpoint mountpoint) {
    return path.resolve(name(mountpoint) + ".sock");
  }

  /** Returns where a daemon writes down for the next one what it leaves to it. */
  Path handover(Mountpoint mountpoint) {
    return path.resolve(name(mountpoint) + ".handover");
  }

  /** Returns the records of all daemons of this user that live. */
  public List<MountRecord> all() throws MountException {
    List<Path> files;
    try (Stream<Path> entries = Files.list(path)) {
      files = entries.filter(file -> file.toString().endsWith(".mount")).sorted().toList();
    } catch (NoSuchFileException e) {
      return List.of();
    } catch (IOException e) {
      throw new MountException(path + ": cannot be listed: " + e.getMessage(), e);
    }
    return files.stream().map(StateFolder::find).flatMap(Optional::stream).toList();
  }

  /**
   * Makes the folder, for this user only.
   *
   * @throws MountException if it is somebody else's, or cannot be made
   */
  public void create() throws MountException {
    try {
      if (!Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
        Files.createDirectories(Objects.requireNonNull(path.toAbsolutePath().getParent()));
        Files.createDirectory(
            path,
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      }
      Object owner = Files.getAttribute(path, "unix:uid", LinkOption.NOFOLLOW_LINKS);
      if (!owner.equals(Files.getAttribute(Path.of("/proc/self"), "unix:uid"))) {
        throw new MountException(path + ": belongs to another user; remove it");
      }
      Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwx------"));
    } catch (IOException e) {
      throw new MountException(path + ": cannot keep the state of mounts there: " + e, e);
    }
  }

  /**
   * Claims a mountpoint for this process until the claim is closed.
   *
   * @throws MountException if another process has it
   */
  @MustBeClosed
  @SuppressWarnings("MustBeClosedChecker") // returned
  public Claim claim(Mountpoint mountpoint, String log) throws MountException {
    create();
    Path file = file(mountpoint);
    MountRecord record = new MountRecord(ProcessHandle.current().pid(), mountpoint.path(), "", log);
    MountRecord own = CLAIMED.putIfAbsent(file, record);
    if (own != null) {
      throw taken(mountpoint, Optional.of(own));
    }
    boolean claimed = false;
    try {
      for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        Claim claim = tryClaim(file, mountpoint, record);
        if (claim != null) {
          claimed = true;
          return claim;
        }
      }
    } catch (IOException e) {
      throw new MountException(file + ": cannot be written: " + e.getMessage(), e);
    } finally {
      if (!claimed) {
        CLAIMED.remove(file);
      }
    }
    throw new MountException(file + ": is removed as often as it is made");
  }

  /** Returns null if the file was removed between opening and locking it. */
  @SuppressWarnings("MustBeClosedChecker") // closed here on every path that returns no claim
  private static @Nullable Claim tryClaim(Path file, Mountpoint mountpoint, MountRecord record)
      throws IOException, MountException {
    FileChannel channel =
        FileChannel.open(
            file,
            OPTIONS,
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    try {
      if (channel.tryLock() == null) {
        channel.close();
        throw taken(mountpoint, read(file));
      }
      Claim claim = new Claim(file, channel, record);
      if (!isOpen(file)) {
        channel.close();
        return null;
      }
      return claim;
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  /** Returns the record of the living daemon of a mountpoint. */
  public Optional<MountRecord> find(Mountpoint mountpoint) {
    return find(file(mountpoint));
  }

  private static Optional<MountRecord> find(Path file) {
    MountRecord own = CLAIMED.get(file);
    if (own != null) {
      return Optional.of(own);
    }
    if (!Files.isReadable(file)) {
      return Optional.empty();
    }
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      return channel.tryLock() == null ? read(file) : Optional.empty();
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  private static MountException taken(Mountpoint mountpoint, Optional<MountRecord> by) {
    return new MountException(
        "mountpoint %s is taken by%s; sluice umount %s first"
            .formatted(
                mountpoint.path(),
                by.map(record -> " process " + record.pid()).orElse(" another process"),
                mountpoint.path()));
  }

  /**
   * Returns whether this process has a file open that still has its name: if not, its last owner
   * removed it while it was being opened here.
   */
  private static boolean isOpen(Path file) throws IOException {
    Path real = file.toRealPath();
    try (Stream<Path> descriptors = Files.list(Path.of("/proc/self/fd"))) {
      for (Path descriptor : descriptors.toList()) {
        if (real.equals(target(descriptor))) {
          return true;
        }
      }
    }
    return false;
  }

  private static @Nullable Path target(Path link) throws IOException {
    try {
      return Files.readSymbolicLink(link);
    } catch (NoSuchFileException e) {
      // Closed since the folder was listed, such as the descriptor that lists it.
      return null;
    }
  }

  private static Optional<MountRecord> read(Path file) {
    try {
      return MountRecord.parse(Files.readString(file));
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  private Path file(Mountpoint mountpoint) {
    return path.resolve(name(mountpoint) + ".mount");
  }

  private static String name(Mountpoint mountpoint) {
    return name(mountpoint.path(), ProcessHandle.current().pid());
  }

  private static String name(Path mountpoint, long pid) {
    if (Mountpoint.isDescriptor(mountpoint)) {
      // Numbers of descriptors are each process's own.
      return "descriptor-" + pid;
    }
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256")
              .digest(mountpoint.toString().getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(hash, 0, 8);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  /** A mountpoint that is this process's. Close is idempotent. */
  public static final class Claim implements AutoCloseable {
    private final Path file;
    private final FileChannel channel;
    private final MountRecord record;

    private Claim(Path file, FileChannel channel, MountRecord record) throws IOException {
      this.file = file;
      this.channel = channel;
      this.record = record;
      write(record);
    }

    /** Writes down what is mounted. */
    void mounted(String source) throws IOException {
      MountRecord mounted =
          new MountRecord(record.pid(), record.mountpoint(), source, record.log());
      write(mounted);
      CLAIMED.put(file, mounted);
    }

    private void write(MountRecord what) throws IOException {
      ByteBuffer text = ByteBuffer.wrap(what.text().getBytes(StandardCharsets.UTF_8));
      channel.truncate(0);
      channel.position(0);
      while (text.hasRemaining()) {
        channel.write(text);
      }
    }

    @Override
    public void close() {
      if (!channel.isOpen()) {
        return;
      }
      try {
        // Before the lock goes, so that nobody else's file is removed.
        Files.deleteIfExists(file);
        channel.close();
        CLAIMED.remove(file);
      } catch (IOException e) {
        System.getLogger(StateFolder.class.getName())
            .log(System.Logger.Level.WARNING, "cannot remove " + file, e);
      }
    }
  }
}
