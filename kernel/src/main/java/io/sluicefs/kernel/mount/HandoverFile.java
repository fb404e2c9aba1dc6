// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.mount;

import io.sluicefs.spi.fuse.FuseHandover;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Set;

/**
 * What one daemon leaves to the next, in a file only their user may open. It begins with the form
 * of what follows; a daemon that does not know that form leaves it alone.
 */
final class HandoverFile {
  /** Raised by whatever an older release could not read, or would read wrongly. */
  static final int FORM = 1;

  private static final String MAGIC = "sluice-handover";
  private static final String END = "end";

  private HandoverFile() {}

  /** Writes what follows the heading. */
  @FunctionalInterface
  interface Content {
    void write(DataOutputStream to) throws IOException, InterruptedException;
  }

  /** Reads what follows the heading. */
  @FunctionalInterface
  interface Reader<T> {
    T read(DataInputStream from, Duration since) throws IOException;
  }

  static void write(Path file, String source, FuseHandover session, Content content)
      throws IOException, InterruptedException {
    Files.deleteIfExists(file);
    try (OutputStream bytes =
            Channels.newOutputStream(
                FileChannel.open(
                    file,
                    Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                    PosixFilePermissions.asFileAttribute(
                        PosixFilePermissions.fromString("rw-------"))));
        DataOutputStream to = new DataOutputStream(new BufferedOutputStream(bytes, 1 << 16))) {
      to.writeUTF(MAGIC);
      to.writeInt(FORM);
      to.writeLong(System.currentTimeMillis());
      to.writeUTF(source);
      byte[] state = session.state();
      to.writeInt(state.length);
      to.write(state);
      content.write(to);
      to.writeUTF(END);
    }
  }

  /** What a daemon has left. */
  @SuppressWarnings("ArrayRecordComponent") // nobody compares them
  record Left<T>(byte[] session, T content) {}

  /**
   * Reads it.
   *
   * @param source what this daemon mounts, which must be the same
   * @throws IOException if it is not understood; the message is one line
   */
  static <T> Left<T> read(Path file, String source, Reader<T> reader) throws IOException {
    try (DataInputStream from =
        new DataInputStream(
            new BufferedInputStream(
                Files.newInputStream(file, LinkOption.NOFOLLOW_LINKS), 1 << 16))) {
      if (!from.readUTF().equals(MAGIC)) {
        throw new IOException(file + " is not what a daemon leaves to another");
      }
      int form = from.readInt();
      if (form != FORM) {
        throw new IOException(
            "the mount is handed over in form %d and this release understands %d; unmount and mount"
                .formatted(form, FORM));
      }
      long millis = System.currentTimeMillis() - from.readLong();
      String mounted = from.readUTF();
      if (!mounted.equals(source)) {
        throw new IOException(
            "the mount is of %s and the configuration of %s by now; unmount and mount"
                .formatted(mounted, source));
      }
      byte[] session = new byte[from.readInt()];
      from.readFully(session);
      T content = reader.read(from, Duration.ofMillis(Math.max(0, millis)));
      if (!from.readUTF().equals(END)) {
        throw new IOException(file + " does not end where it should");
      }
      return new Left<>(session, content);
    } catch (EOFException | IllegalArgumentException | IndexOutOfBoundsException e) {
      throw new IOException(file + " cannot be understood: " + e, e);
    }
  }
}
