// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.staging;

import io.sluicefs.spi.ByteRange;
import io.sluicefs.spi.MemoryBudget;
import io.sluicefs.spi.MemoryReservation;
import io.sluicefs.spi.ObjectId;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import io.sluicefs.spi.transport.MultipartUpload;
import io.sluicefs.spi.transport.ObjectStat;
import io.sluicefs.spi.transport.PutOptions;
import io.sluicefs.spi.transport.ReadProgress;
import io.sluicefs.spi.transport.Transport;
import io.sluicefs.spi.transport.TransportCapabilities;
import io.sluicefs.spi.transport.TransportCapabilities.Feature;
import io.sluicefs.spi.transport.UploadBody;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Puts the content of a leftover together again: the bytes staged over the version of the object
 * they change, or nothing at all if that version is gone. Used by one thread.
 */
public final class Recovery {
  /** Bytes handled at once, if the budget has them. */
  private static final long PIECE = 16L << 20;

  private final ClaimedLeftover claimed;
  private final StagedState state;
  private final Transport transport;
  private final MemoryBudget memory;

  /**
   * Creates a recovery.
   *
   * @param claimed borrowed
   * @param transport borrowed; of the bucket the leftover belongs to
   * @param memory for one piece of the content
   * @throws IOException if it is of another bucket, or cannot be recovered
   */
  public Recovery(ClaimedLeftover claimed, Transport transport, MemoryBudget memory)
      throws IOException {
    this.claimed = claimed;
    this.state = claimed.state();
    this.transport = transport;
    this.memory = memory;
    Leftover leftover = claimed.leftover();
    if (!leftover.origin().location().equals(transport.location())) {
      throw new IOException(
          "%s belongs to %s; use the configuration of that bucket"
              .formatted(leftover.id(), leftover.origin().location()));
    }
    if (leftover.missing() > 0) {
      throw new IOException(
          "%s is not whole: %d bytes of it were in parts of an upload that was not completed; the %d bytes that are left are in %s"
              .formatted(leftover.id(), leftover.missing(), leftover.staged(), leftover.path()));
    }
  }

  /**
   * Writes the content to a file of its own, which must not exist.
   *
   * @throws IOException if it cannot be written or the base cannot be read; there is no file then
   */
  public void copyTo(Path output) throws IOException, InterruptedException {
    boolean whole = false;
    boolean created = false;
    try (FileChannel channel =
        FileChannel.open(output, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      created = true;
      long size = state.size();
      long piece = Math.min(PIECE, memory.limit() / 4);
      try (MemoryReservation _ = memory.reserve(piece, MemoryBudget.Use.WRITE);
          Arena arena = Arena.ofShared()) {
        MemorySegment buffer = arena.allocate(piece);
        for (long at = 0; at < size; at += piece) {
          ByteRange range = new ByteRange(at, Math.min(size, at + piece));
          fill(range, buffer);
          ByteBuffer bytes = buffer.asSlice(0, range.length()).asByteBuffer();
          while (bytes.hasRemaining()) {
            channel.write(bytes, at + bytes.position());
          }
        }
      }
      channel.force(true);
      whole = true;
    } catch (FileAlreadyExistsException e) {
      throw new IOException(output + " exists; choose another file", e);
    } finally {
      if (created && !whole) {
        Files.deleteIfExists(output);
      }
    }
  }

  /**
   * Uploads the content. What is under the key must be the version the content changes, or nothing.
   * What is clean is copied within the store where it can be.
   */
  public ObjectStat upload(String key) throws IOException, InterruptedException {
    PutOptions options = optionsFor(key);
    TransportCapabilities capabilities = transport.capabilities();
    long size = state.size();
    if (size <= PIECE && size <= capabilities.maxPutSize()) {
      return upload(key, options, size);
    }
    long partSize = partSize(size, capabilities);
    try (MemoryReservation _ = memory.reserve(partSize, MemoryBudget.Use.WRITE);
        Arena arena = Arena.ofShared();
        MultipartUpload upload = transport.startMultipartUpload(key, options)) {
      MemorySegment buffer = arena.allocate(partSize);
      List<MultipartUpload.Part> parts = new ArrayList<>();
      for (long at = 0; at < size; at += partSize) {
        ByteRange range = new ByteRange(at, Math.min(size, at + partSize));
        int number = parts.size() + 1;
        ObjectId base = state.origin().base();
        if (base != null && isClean(range) && capabilities.has(Feature.COPY)) {
          parts.add(upload.uploadPartCopy(number, base, range));
        } else {
          fill(range, buffer);
          parts.add(upload.uploadPart(number, body(buffer, range.length())));
        }
      }
      return upload.complete(parts);
    }
  }

  private ObjectStat upload(String key, PutOptions options, long size)
      throws IOException, InterruptedException {
    long room = Math.max(size, 1);
    try (MemoryReservation _ = memory.reserve(room, MemoryBudget.Use.WRITE);
        Arena arena = Arena.ofShared()) {
      MemorySegment buffer = arena.allocate(room);
      fill(new ByteRange(0, size), buffer);
      return transport.put(key, options, body(buffer, size));
    }
  }

  private static UploadBody body(MemorySegment buffer, long length) {
    return new UploadBody(length == 0 ? List.of() : List.of(buffer.asSlice(0, length)));
  }

  private static long partSize(long size, TransportCapabilities capabilities) throws IOException {
    long most = capabilities.maxParts();
    if (!capabilities.has(Feature.MULTIPART) || size > most * capabilities.maxPartSize()) {
      throw new IOException("the store takes no object of " + size + " bytes");
    }
    return Math.max(Math.max(PIECE, capabilities.minPartSize()), (size + most - 1) / most);
  }

  private PutOptions optionsFor(String key) throws IOException {
    ObjectStat present = find(key);
    if (present == null) {
      boolean atomic = transport.capabilities().has(Feature.CREATE_ONLY);
      return new PutOptions(atomic, "", Map.of());
    }
    if (!present.id().equals(state.origin().base())) {
      throw new IOException(
          "%s is another version now than %s changes; recover it under another --key, or to a file with --output"
              .formatted(key, claimed.leftover().id()));
    }
    return new PutOptions(false, "", present.metadata());
  }

  private @Nullable ObjectStat find(String key) throws StorageException {
    try {
      return transport.head(key);
    } catch (StorageException e) {
      if (e.kind() == Kind.NOT_FOUND) {
        return null;
      }
      throw e;
    }
  }

  private boolean isClean(ByteRange range) {
    return range.end() <= state.visibleBase() && !state.held().meets(range);
  }

  /** Fills the start of a buffer with a range of the content. */
  private void fill(ByteRange range, MemorySegment buffer) throws IOException {
    Extents held = state.held().intersect(range);
    for (ByteRange part : held) {
      claimed.data().read(part.start(), slice(buffer, range, part));
    }
    for (ByteRange gap : held.gaps(range)) {
      long base = Math.clamp(state.visibleBase(), gap.start(), gap.end());
      readBase(new ByteRange(gap.start(), base), buffer, range);
      slice(buffer, range, new ByteRange(base, gap.end())).fill((byte) 0);
    }
  }

  private void readBase(ByteRange part, MemorySegment buffer, ByteRange range) throws IOException {
    ObjectId base = state.origin().base();
    if (part.isEmpty() || base == null) {
      return;
    }
    try {
      ByteBuffer[] target = {slice(buffer, range, part).asByteBuffer()};
      transport.read(base, part, target, ReadProgress.NONE);
    } catch (StorageException e) {
      if (e.kind() == Kind.PRECONDITION_FAILED || e.kind() == Kind.NOT_FOUND) {
        throw new IOException(
            "%s cannot be recovered: the version of %s it changes is gone; the %d bytes staged are in %s"
                .formatted(
                    claimed.leftover().id(),
                    base.key(),
                    claimed.leftover().staged(),
                    claimed.leftover().path()),
            e);
      }
      throw e;
    }
  }

  private static MemorySegment slice(MemorySegment buffer, ByteRange whole, ByteRange part) {
    return buffer.asSlice(part.start() - whole.start(), part.length());
  }
}
