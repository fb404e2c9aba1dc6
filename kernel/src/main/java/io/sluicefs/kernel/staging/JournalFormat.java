// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.staging;

import io.sluicefs.spi.ByteRange;
import io.sluicefs.spi.ObjectId;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Optional;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * How a journal is written: a line with the version, then records of a length, a CRC-32C and that
 * many bytes, big-endian. The reader stops at the first record that is not whole, which is the one
 * the daemon died in.
 */
final class JournalFormat {
  private static final String NAME = "sluice-staging ";
  private static final byte[] HEADING = (NAME + "1\n").getBytes(StandardCharsets.US_ASCII);
  private static final int PREFIX = 2 * Integer.BYTES;

  /** A record as an upload's key, location and reason may be, and not what garbage may say. */
  private static final int MOST = 64 << 10;

  private JournalFormat() {}

  /** Returns what a journal begins with. */
  static byte[] heading() {
    return HEADING.clone();
  }

  /** Returns a record with its length and checksum. */
  static byte[] encode(JournalRecord record) {
    byte[] body = body(record);
    return ByteBuffer.allocate(PREFIX + body.length)
        .putInt(body.length)
        .putInt(checksum(body))
        .put(body)
        .array();
  }

  /**
   * Reads a journal.
   *
   * @return what it says of the file; empty if the daemon died before it said anything
   * @throws IOException if it is no journal, or one of another version
   */
  static Optional<StagedState> decode(byte[] journal) throws IOException {
    String heading =
        new String(journal, 0, Math.min(journal.length, HEADING.length), StandardCharsets.US_ASCII);
    if (!new String(HEADING, StandardCharsets.US_ASCII).startsWith(heading)) {
      throw new IOException(
          heading.startsWith(NAME)
              ? "written by another version of Sluice, which can recover it"
              : "not a journal of a staged file");
    }
    ByteBuffer rest = ByteBuffer.wrap(journal);
    rest.position(heading.length());
    StagedState state = null;
    for (JournalRecord record = next(rest); record != null; record = next(rest)) {
      if (state != null) {
        state.apply(record);
      } else if (record instanceof JournalRecord.Made made) {
        state = new StagedState(made);
      } else {
        throw new IOException("does not begin with what it belongs to");
      }
    }
    return Optional.ofNullable(state);
  }

  private static @Nullable JournalRecord next(ByteBuffer rest) throws IOException {
    if (rest.remaining() < PREFIX) {
      return null;
    }
    int length = rest.getInt();
    int checksum = rest.getInt();
    if (length <= 0 || length > MOST || length > rest.remaining()) {
      return null;
    }
    byte[] body = new byte[length];
    rest.get(body);
    if (checksum(body) != checksum) {
      return null;
    }
    try {
      return record(ByteBuffer.wrap(body));
    } catch (BufferUnderflowException | IllegalArgumentException e) {
      throw new IOException("has a record nobody writes", e);
    }
  }

  private static JournalRecord record(ByteBuffer body) {
    byte kind = body.get();
    return switch (kind) {
      case 'M' ->
          new JournalRecord.Made(
              Instant.ofEpochMilli(body.getLong()),
              body.getLong(),
              new StagedOrigin(text(body), text(body), objectId(body), body.getLong()));
      case 'W' -> new JournalRecord.Written(range(body));
      case 'S' -> new JournalRecord.Sent(range(body));
      case 'T' -> new JournalRecord.Truncated(body.getLong());
      case 'F' -> new JournalRecord.Forgotten(range(body));
      case 'K' -> new JournalRecord.Rekeyed(text(body));
      case 'B' -> rebased(objectId(body), body.getLong());
      case 'Y' -> new JournalRecord.Kept(text(body));
      case 'L' -> new JournalRecord.Left();
      default -> throw new IllegalArgumentException("unknown kind " + kind);
    };
  }

  private static JournalRecord rebased(@Nullable ObjectId base, long size) {
    if (base == null) {
      throw new IllegalArgumentException("lies over no object");
    }
    return new JournalRecord.Rebased(base, size);
  }

  private static byte[] body(JournalRecord record) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      switch (record) {
        case JournalRecord.Made(Instant started, long pid, StagedOrigin origin) -> {
          out.writeByte('M');
          out.writeLong(started.toEpochMilli());
          out.writeLong(pid);
          write(out, origin.location());
          write(out, origin.key());
          write(out, origin.base());
          out.writeLong(origin.baseSize());
        }
        case JournalRecord.Written(ByteRange range) -> write(out, 'W', range);
        case JournalRecord.Sent(ByteRange range) -> write(out, 'S', range);
        case JournalRecord.Truncated(long size) -> {
          out.writeByte('T');
          out.writeLong(size);
        }
        case JournalRecord.Forgotten(ByteRange range) -> write(out, 'F', range);
        case JournalRecord.Rekeyed(String key) -> {
          out.writeByte('K');
          write(out, key);
        }
        case JournalRecord.Rebased(ObjectId base, long size) -> {
          out.writeByte('B');
          write(out, base);
          out.writeLong(size);
        }
        case JournalRecord.Kept(String why) -> {
          out.writeByte('Y');
          write(out, why);
        }
        case JournalRecord.Left() -> out.writeByte('L');
      }
    } catch (IOException e) {
      throw new UncheckedIOException("memory cannot be written", e);
    }
    return bytes.toByteArray();
  }

  private static void write(DataOutputStream out, char kind, ByteRange range) throws IOException {
    out.writeByte(kind);
    out.writeLong(range.start());
    out.writeLong(range.end());
  }

  private static void write(DataOutputStream out, String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    out.writeInt(bytes.length);
    out.write(bytes);
  }

  private static void write(DataOutputStream out, @Nullable ObjectId id) throws IOException {
    out.writeBoolean(id != null);
    if (id != null) {
      write(out, id.key());
      write(out, id.etag());
    }
  }

  private static ByteRange range(ByteBuffer body) {
    return new ByteRange(body.getLong(), body.getLong());
  }

  private static String text(ByteBuffer body) {
    byte[] bytes = new byte[Math.min(body.getInt(), body.remaining())];
    body.get(bytes);
    return new String(bytes, StandardCharsets.UTF_8);
  }

  private static @Nullable ObjectId objectId(ByteBuffer body) {
    return body.get() == 0 ? null : new ObjectId(text(body), text(body));
  }

  private static int checksum(byte[] body) {
    CRC32C crc = new CRC32C();
    crc.update(body);
    return (int) crc.getValue();
  }
}
