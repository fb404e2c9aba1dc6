// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.staging;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.function.Consumer;

/**
 * The file that says which bytes of a staged file are there: to the byte, where the disk itself
 * knows blocks only. A record is one write, after what it tells of was done; after the death of the
 * daemon, though not of the host, everything it was told is on disk. Not thread-safe.
 */
final class Journal {
  private static final System.Logger LOG = System.getLogger(Journal.class.getName());
  private static final long COMPACT_FROM = 1L << 20;
  private static final int COMPACT_GROWTH = 4;

  private final Path path;
  private final OpenFiles files;
  private long length;
  private long compactAt = COMPACT_FROM;

  private Journal(Path path, OpenFiles files, long length) {
    this.path = path;
    this.files = files;
    this.length = length;
  }

  /** Makes the file with its first record. */
  @SuppressWarnings("MustBeClosedChecker") // the open files own it
  static Journal create(Path path, OpenFiles files, JournalRecord.Made made) throws IOException {
    byte[] start = bytes(listener -> listener.accept(made));
    LinuxFile file = LinuxFile.create(path);
    try {
      write(file, 0, start);
    } catch (IOException | RuntimeException e) {
      file.close();
      Files.deleteIfExists(path);
      throw e;
    }
    files.adopt(path, file);
    return new Journal(path, files, start.length);
  }

  /** Goes on with a file that is whole. */
  static Journal goOn(Path path, OpenFiles files, long length) {
    return new Journal(path, files, length);
  }

  Path path() {
    return path;
  }

  long length() {
    return length;
  }

  /**
   * Adds a record. One that fails leaves no trace: the next takes its place, and until then it is
   * not whole.
   */
  void append(JournalRecord record) throws IOException {
    byte[] bytes = JournalFormat.encode(record);
    try (OpenFiles.Use use = files.use(path)) {
      write(use.file(), length, bytes);
    }
    length += bytes.length;
  }

  /**
   * Writes a state afresh if what led to it takes much more room than itself. If that fails it goes
   * on as it is.
   */
  void compact(StagedState state) {
    if (length < compactAt) {
      return;
    }
    Path fresh = path.resolveSibling(path.getFileName() + StagedNames.FRESH);
    try {
      byte[] whole = bytes(state::tell);
      Files.deleteIfExists(fresh);
      try (LinuxFile file = LinuxFile.create(fresh)) {
        write(file, 0, whole);
      }
      Files.move(fresh, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      files.close(path);
      length = whole.length;
    } catch (IOException e) {
      LOG.log(System.Logger.Level.DEBUG, "cannot write " + path + " afresh", e);
    }
    compactAt = Math.max(COMPACT_FROM, COMPACT_GROWTH * length);
  }

  private static byte[] bytes(Consumer<Consumer<JournalRecord>> teller) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    bytes.writeBytes(JournalFormat.heading());
    teller.accept(record -> bytes.writeBytes(JournalFormat.encode(record)));
    return bytes.toByteArray();
  }

  private static void write(LinuxFile file, long offset, byte[] bytes) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment data = arena.allocateFrom(ValueLayout.JAVA_BYTE, bytes);
      file.write(offset, data);
    }
  }
}
