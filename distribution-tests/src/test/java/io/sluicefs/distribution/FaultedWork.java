// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.distribution;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.IntStream;

/** What a program does while requests go wrong, and how one sees whether it was done right. */
enum FaultedWork {
  /** Reads a file of many blocks from its start to its end. */
  READ(3 << 20) {
    @Override
    void prepare(FaultedFile file) {
      file.put(FaultedFile.NAME, file.content());
    }

    @Override
    Verdict run(FaultedFile file) throws IOException {
      byte[] expected = file.content();
      ByteBuffer read = ByteBuffer.allocate(expected.length + 1);
      try (FileChannel channel =
          FileChannel.open(file.path(FaultedFile.NAME), StandardOpenOption.READ)) {
        while (channel.read(read) >= 0 && read.hasRemaining()) {
          // On to the end.
        }
      } catch (IOException e) {
        if (!FaultedFile.isBeginning(expected, read.array(), read.position())) {
          return Verdict.WRONG_BYTES;
        }
        throw e;
      }
      byte[] whole = Arrays.copyOf(read.array(), read.position());
      boolean right =
          Arrays.equals(whole, expected)
              || file.stored(FaultedFile.NAME).equals(Optional.of(FaultedFile.sha256(whole)));
      return right ? Verdict.RIGHT : Verdict.WRONG_BYTES;
    }
  },

  /** Reads a file of a few pages. */
  READ_SMALL(20_000) {
    @Override
    void prepare(FaultedFile file) {
      READ.prepare(file);
    }

    @Override
    Verdict run(FaultedFile file) throws IOException {
      return READ.run(file);
    }
  },

  /** Lists a folder. */
  LIST(10) {
    @Override
    void prepare(FaultedFile file) {
      names().forEach(name -> file.put(name, file.content()));
    }

    @Override
    Verdict run(FaultedFile file) throws IOException {
      List<String> listed = new ArrayList<>();
      try (DirectoryStream<Path> entries =
          Files.newDirectoryStream(file.mount().resolve(file.folder()))) {
        entries.forEach(entry -> listed.add(entry.getFileName().toString()));
      } catch (DirectoryIteratorException e) {
        throw e.getCause();
      }
      Collections.sort(listed);
      return listed.equals(names()) ? Verdict.RIGHT : Verdict.WRONG_BYTES;
    }

    private List<String> names() {
      return IntStream.range(10, 30).mapToObj(i -> "f" + i).toList();
    }
  },

  /** Asks for the size of a file. */
  STAT(10) {
    @Override
    void prepare(FaultedFile file) {
      READ.prepare(file);
    }

    @Override
    Verdict run(FaultedFile file) throws IOException {
      return Files.size(file.path(FaultedFile.NAME)) == file.size()
          ? Verdict.RIGHT
          : Verdict.WRONG_BYTES;
    }
  },

  /** Writes a file that is one request. */
  WRITE(100_000) {
    @Override
    void prepare(FaultedFile file) {
      file.put("beside", new byte[1]);
    }

    @Override
    Verdict run(FaultedFile file) throws IOException {
      try {
        write(file);
      } catch (IOException e) {
        if (isWhole(file)) {
          throw e;
        }
        return Verdict.WRONG_BYTES;
      }
      return file.isStored(FaultedFile.NAME, file.content()) ? Verdict.RIGHT : Verdict.LOST_WRITE;
    }

    // Whether the store has all of it or nothing.
    private boolean isWhole(FaultedFile file) {
      return file.stored(FaultedFile.NAME).isEmpty()
          || file.isStored(FaultedFile.NAME, file.content());
    }
  },

  /** Writes a file that is an upload in parts. */
  WRITE_LARGE(11 << 20) {
    @Override
    void prepare(FaultedFile file) {
      WRITE.prepare(file);
    }

    @Override
    Verdict run(FaultedFile file) throws IOException {
      return WRITE.run(file);
    }
  },

  /** Writes a file anew that there is. */
  OVERWRITE(100_000) {
    @Override
    void prepare(FaultedFile file) {
      file.put(FaultedFile.NAME, file.formerContent());
    }

    @Override
    Verdict run(FaultedFile file) throws IOException {
      try {
        write(file);
      } catch (IOException e) {
        boolean whole =
            file.isStored(FaultedFile.NAME, file.formerContent())
                || file.isStored(FaultedFile.NAME, file.content());
        if (whole) {
          throw e;
        }
        return Verdict.LOST_WRITE;
      }
      return file.isStored(FaultedFile.NAME, file.content()) ? Verdict.RIGHT : Verdict.LOST_WRITE;
    }
  },

  /** Gives a file another name. */
  RENAME(50_000) {
    @Override
    void prepare(FaultedFile file) {
      READ.prepare(file);
    }

    @Override
    Verdict run(FaultedFile file) throws IOException {
      if (file.stored(FaultedFile.NAME).isEmpty()) {
        READ.prepare(file);
      }
      try {
        Files.move(
            file.path(FaultedFile.NAME), file.path("renamed"), StandardCopyOption.REPLACE_EXISTING);
      } catch (IOException e) {
        if (file.isStored(FaultedFile.NAME, file.content())
            || file.isStored("renamed", file.content())) {
          throw e;
        }
        return Verdict.LOST_WRITE;
      }
      return file.stored(FaultedFile.NAME).isEmpty() && file.isStored("renamed", file.content())
          ? Verdict.RIGHT
          : Verdict.LOST_WRITE;
    }
  },

  /** Removes a file. */
  REMOVE(10) {
    @Override
    void prepare(FaultedFile file) {
      file.put("beside", new byte[1]);
      READ.prepare(file);
    }

    @Override
    Verdict run(FaultedFile file) throws IOException {
      if (file.stored(FaultedFile.NAME).isEmpty()) {
        return Verdict.RIGHT;
      }
      Files.delete(file.path(FaultedFile.NAME));
      return file.stored(FaultedFile.NAME).isEmpty() ? Verdict.RIGHT : Verdict.LOST_WRITE;
    }
  };

  /** What came of work that met no error. */
  enum Verdict {
    RIGHT,
    WRONG_BYTES,
    LOST_WRITE
  }

  private final int size;

  FaultedWork(int size) {
    this.size = size;
  }

  int size() {
    return size;
  }

  String word() {
    return name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }

  /** Stores what there is to be before the work. */
  abstract void prepare(FaultedFile file);

  /**
   * Works, and looks whether it was done right.
   *
   * @throws IOException what the program met, if that left everything as it should be
   */
  abstract Verdict run(FaultedFile file) throws IOException;

  private static void write(FaultedFile file) throws IOException {
    try (FileChannel channel =
        FileChannel.open(
            file.path(FaultedFile.NAME),
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE)) {
      ByteBuffer content = ByteBuffer.wrap(file.content());
      while (content.hasRemaining()) {
        int length = Math.min(content.remaining(), 1 << 20);
        int written = channel.write(content.slice(content.position(), length));
        content.position(content.position() + written);
      }
    }
  }
}
