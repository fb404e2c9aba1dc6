// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cli;

import io.sluicefs.kernel.control.ControlException;
import io.sluicefs.kernel.mount.MountException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;

/** Reads a file of a mount in order, and writes one if it is told to, which it removes. */
final class MountBench {
  private static final int STEP = 1 << 20;
  private static final double NANOS = 1e9;

  /**
   * What was measured.
   *
   * @param path of the file that was read
   * @param read bytes of it
   * @param downloaded bytes that came from the store meanwhile, for all readers of the mount
   * @param readNanos how long it took
   * @param written bytes; 0 if nothing was to be written
   * @param writeNanos how long it took until all was in the store
   */
  record Result(
      Path path, long read, long downloaded, long readNanos, long written, long writeNanos) {
    Map<String, Object> json() {
      Map<String, Object> json = new LinkedHashMap<>();
      json.put("path", path.toString());
      json.put("read_bytes", read);
      json.put("downloaded_bytes", downloaded);
      json.put("read_bytes_per_second", speed(read, readNanos));
      if (written > 0) {
        json.put("written_bytes", written);
        json.put("written_bytes_per_second", speed(written, writeNanos));
      }
      return json;
    }

    List<String> lines() {
      List<String> lines = new ArrayList<>();
      lines.add("file     " + UploadsListing.printable(path.toString()));
      lines.add(
          "read     %s/s, %s in order, %s of it from the store"
              .formatted(
                  ByteCount.text(speed(read, readNanos)),
                  ByteCount.text(read),
                  ByteCount.text(Math.min(read, downloaded))));
      if (written > 0) {
        lines.add(
            "written  %s/s, %s, until it was in the store"
                .formatted(ByteCount.text(speed(written, writeNanos)), ByteCount.text(written)));
      }
      return lines;
    }

    private static long speed(long bytes, long nanos) {
      return (long) (bytes / (nanos / NANOS));
    }
  }

  private final RunningMount mount;
  private final Path file;
  private final long readSize;
  private final long writeSize;
  private final Path written;
  private volatile boolean writing;
  private final AtomicLong done = new AtomicLong();
  private volatile long started = System.nanoTime();

  private MountBench(RunningMount mount, Path file, long readSize, long writeSize) {
    this.mount = mount;
    this.file = file;
    this.readSize = readSize;
    this.writeSize = writeSize;
    this.written =
        file.resolveSibling(
            ".sluice-bench-%d-%x"
                .formatted(ProcessHandle.current().pid(), System.currentTimeMillis()));
  }

  /**
   * Finds what to read.
   *
   * @throws MountException if the path is in no mount of this user
   * @throws IOException if there is no file with anything in it
   */
  static MountBench of(Path path, long size, boolean write) throws MountException, IOException {
    RunningMount mount = RunningMount.of(path);
    Path file = path.toAbsolutePath().normalize();
    if (Files.isDirectory(file)) {
      file = largest(file).orElseThrow(() -> new IOException(path + " has no file to read"));
    }
    long length = Files.size(file);
    if (length == 0) {
      throw new IOException(path + " is empty; name a file with something in it");
    }
    return new MountBench(mount, file, Math.min(size, length), write ? size : 0);
  }

  private static Optional<Path> largest(Path directory) throws IOException {
    try (Stream<Path> entries = Files.list(directory)) {
      return entries
          .filter(entry -> Files.isRegularFile(entry, LinkOption.NOFOLLOW_LINKS))
          .max(Comparator.comparingLong(entry -> entry.toFile().length()));
    }
  }

  /** Says how far it is, for a {@link ProgressLine}. */
  String progress() {
    long speed = (long) (done.get() / Math.max(1e-3, (System.nanoTime() - started) / NANOS));
    return (writing ? "writing " : "reading ")
        + ProgressBar.ofBytes(done.get(), writing ? writeSize : readSize, speed);
  }

  Result run() throws IOException {
    long downloadedBefore = downloaded();
    long readNanos = read();
    long downloaded = downloaded() - downloadedBefore;
    return new Result(
        file, readSize, downloaded, readNanos, writeSize, writeSize > 0 ? write() : 0);
  }

  private long downloaded() throws ControlException {
    return new JsonFields(mount.ask("stats", Map.of())).number("downloaded_bytes");
  }

  private long read() throws IOException {
    try (CachedFile cached = CachedFile.open(file)) {
      cached.forget();
    }
    begin();
    ByteBuffer buffer = ByteBuffer.allocateDirect(STEP);
    try (FileChannel channel = FileChannel.open(file)) {
      while (done.get() < readSize) {
        int count = channel.read(buffer.clear().limit((int) Math.min(STEP, readSize - done.get())));
        if (count < 0) {
          throw new IOException(file + " became shorter while it was read");
        }
        long _ = done.addAndGet(count);
      }
    }
    return System.nanoTime() - started;
  }

  private long write() throws IOException {
    begin();
    writing = true;
    byte[] noise = new byte[STEP];
    new Random(1).nextBytes(noise);
    ByteBuffer buffer = ByteBuffer.allocateDirect(STEP).put(noise);
    try {
      try (FileChannel channel =
          FileChannel.open(written, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
        while (done.get() < writeSize) {
          buffer.clear().limit((int) Math.min(STEP, writeSize - done.get()));
          long _ = done.addAndGet(channel.write(buffer));
        }
        channel.force(false);
      }
      return System.nanoTime() - started;
    } finally {
      cleanUp();
    }
  }

  private void begin() {
    done.set(0);
    started = System.nanoTime();
  }

  /** Removes what was written, if anything. */
  void cleanUp() {
    if (writing) {
      try {
        Files.deleteIfExists(written);
      } catch (IOException e) {
        System.getLogger(MountBench.class.getName())
            .log(System.Logger.Level.ERROR, "cannot remove " + written, e);
      }
    }
  }
}
