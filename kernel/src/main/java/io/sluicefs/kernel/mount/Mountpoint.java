// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.mount;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

/**
 * The directory a bucket is mounted on, and what is mounted there now. {@code /dev/fd/N} in its
 * place is a descriptor of {@code /dev/fuse} that somebody else has mounted, where they know.
 */
public final class Mountpoint {
  /** What is at a mountpoint. */
  public enum State {
    /** Nothing of Sluice. */
    FREE,
    /** A mount whose daemon answers. */
    LIVE,
    /** A mount whose daemon is gone: every access fails with ENOTCONN. */
    DEAD,
    /** A mount whose daemon is there and does not answer. */
    SILENT
  }

  private static final System.Logger LOG = System.getLogger(Mountpoint.class.getName());
  private static final Path DESCRIPTORS = Path.of("/dev/fd");
  private static final Duration PATIENCE = Duration.ofSeconds(5);
  private static final int EBUSY = 16;
  private static final int STACKED = 16;

  private final Path path;

  private Mountpoint(Path path) {
    this.path = path;
  }

  /** Returns a mountpoint by any path to it, without asking what is mounted there. */
  public static Mountpoint of(Path path) throws MountException {
    Path absolute = path.toAbsolutePath().normalize();
    if (absolute.startsWith(DESCRIPTORS)) {
      return new Mountpoint(absolute);
    }
    Path parent = absolute.getParent();
    Path name = absolute.getFileName();
    if (parent == null || name == null) {
      throw new MountException(path + ": not a directory to mount on");
    }
    try {
      Path candidate = parent.toRealPath().resolve(name);
      // The real path of a dead mount cannot be had, and a silent one would not answer.
      if (MountTable.at(candidate).isPresent() || !Files.isSymbolicLink(candidate)) {
        return new Mountpoint(candidate);
      }
      return new Mountpoint(candidate.toRealPath());
    } catch (IOException e) {
      throw new MountException("mountpoint " + path + " does not exist; create it first", e);
    }
  }

  /** Returns the absolute path, links resolved. */
  public Path path() {
    return path;
  }

  /** Returns whether it is a descriptor: mounting and unmounting are then somebody else's. */
  public boolean isDescriptor() {
    return isDescriptor(path);
  }

  /** Returns whether a path names a descriptor of /dev/fuse. */
  public static boolean isDescriptor(Path path) {
    return path.startsWith(DESCRIPTORS);
  }

  /** Returns what is here. */
  public State state() {
    Optional<MountTable.Entry> entry = MountTable.at(path);
    return entry.isPresent() && entry.get().isSluice() ? probe(path) : State.FREE;
  }

  /** Returns what is mounted here, if anything of Sluice is. */
  public Optional<String> source() {
    return MountTable.at(path).filter(MountTable.Entry::isSluice).map(MountTable.Entry::source);
  }

  /**
   * Makes sure that this can be mounted on: cleans mounts of dead daemons, and then it must be a
   * directory, empty unless told otherwise. Whether a descriptor will do the FUSE channel knows.
   */
  void prepare(boolean nonEmpty) throws MountException {
    if (isDescriptor()) {
      return;
    }
    clean();
    Optional<MountTable.Entry> other = MountTable.at(path);
    if (other.isPresent() && other.get().isFuse() && probe(path) == State.DEAD) {
      throw new MountException(
          "mountpoint %s holds a dead mount of %s; unmount it first: umount %s"
              .formatted(path, other.get().type(), path));
    }
    if (!Files.exists(path)) {
      throw new MountException("mountpoint " + path + " does not exist; create it first");
    }
    if (!Files.isDirectory(path)) {
      throw new MountException("mountpoint " + path + " is not a directory");
    }
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(path)) {
      if (!nonEmpty && entries.iterator().hasNext()) {
        throw new MountException(
            "mountpoint %s is not empty; mount elsewhere, or use --nonempty".formatted(path));
      }
    } catch (IOException e) {
      throw new MountException("mountpoint " + path + " cannot be read by this user", e);
    }
  }

  /** Takes away the mounts of dead daemons; returns how many there were. */
  public int clean() throws MountException {
    for (int cleaned = 0; cleaned < STACKED; cleaned++) {
      switch (state()) {
        case FREE -> {
          return cleaned;
        }
        case LIVE ->
            throw new MountException(
                "mountpoint %s is a mount of %s already; sluice umount %s first"
                    .formatted(path, source().orElse("a bucket"), path));
        case SILENT ->
            throw new MountException(
                "mountpoint %s is a mount that does not answer; sluice umount --lazy %s first"
                    .formatted(path, path));
        case DEAD -> {
          LOG.log(System.Logger.Level.INFO, "cleaning the mount of a dead daemon at {0}", path);
          detach();
        }
      }
    }
    throw new MountException("mountpoint " + path + " cannot be cleaned of dead mounts");
  }

  /** Unmounts. */
  public void unmount() throws MountException {
    run(0, "-u");
  }

  /** Takes the mount away at once; it ends when its last file is closed. */
  public void detach() throws MountException {
    run(LinuxCalls.MNT_DETACH, "-u", "-z");
  }

  private void run(int flags, String... fusermountOptions) throws MountException {
    if (isRoot()) {
      int errno = LinuxCalls.umount2(path, flags);
      if (errno == EBUSY) {
        throw busy();
      }
      if (errno != 0) {
        throw new MountException("cannot unmount %s: errno %d".formatted(path, errno));
      }
      return;
    }
    fusermount(fusermountOptions);
  }

  private MountException busy() {
    return new MountException(
        "%s is in use; close its files, or use sluice umount --lazy %s".formatted(path, path));
  }

  private void fusermount(String... options) throws MountException {
    for (String program : List.of("fusermount3", "fusermount")) {
      List<String> command = new ArrayList<>(List.of(program));
      command.addAll(List.of(options));
      command.addAll(List.of("--", path.toString()));
      try {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said =
            new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        if (process.waitFor() != 0) {
          throw said.contains("busy")
              ? busy()
              : new MountException("cannot unmount " + path + ": " + said.replace('\n', ' '));
        }
        return;
      } catch (IOException e) {
        LOG.log(System.Logger.Level.DEBUG, "no " + program, e);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new MountException("interrupted while unmounting " + path, e);
      }
    }
    throw new MountException(
        "cannot unmount " + path + ": neither fusermount3 nor fusermount is installed");
  }

  private static boolean isRoot() {
    try {
      return Integer.valueOf(0).equals(Files.getAttribute(Path.of("/proc/self"), "unix:uid"));
    } catch (IOException e) {
      return false;
    }
  }

  /** Asks the file system at a path, which may never answer, from a thread of its own. */
  private static State probe(Path path) {
    return ask(
        () ->
            switch (LinuxCalls.statx(path)) {
              case LinuxCalls.ENOTCONN -> State.DEAD;
              default -> State.LIVE;
            },
        State.SILENT);
  }

  /** Returns whether the root of a mount of Sluice here answers now. */
  boolean answers() {
    Optional<MountTable.Entry> entry = MountTable.at(path);
    return entry.isPresent() && entry.get().isSluice() && ask(() -> Files.isDirectory(path), false);
  }

  private static <T> T ask(Supplier<T> question, T silence) {
    CompletableFuture<T> answer = new CompletableFuture<>();
    Thread.ofPlatform()
        .name("sluice-probe")
        .daemon()
        .start(
            () -> {
              try {
                answer.complete(question.get());
              } catch (RuntimeException | Error e) {
                answer.completeExceptionally(e);
              }
            });
    try {
      return answer.get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      return silence;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return silence;
    } catch (ExecutionException e) {
      throw new IllegalStateException("asking the mount failed", e.getCause());
    }
  }
}
