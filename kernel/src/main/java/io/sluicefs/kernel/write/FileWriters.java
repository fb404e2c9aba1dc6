// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.write;

import com.google.errorprone.annotations.MustBeClosed;
import io.sluicefs.kernel.staging.StagedFile;
import io.sluicefs.kernel.staging.StagedOrigin;
import io.sluicefs.kernel.staging.StagingArea;
import io.sluicefs.kernel.write.WriteRefusedException.Reason;
import io.sluicefs.spi.ByteRange;
import io.sluicefs.spi.MemoryBudget;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import io.sluicefs.spi.transport.ObjectStat;
import io.sluicefs.spi.transport.PutOptions;
import io.sluicefs.spi.transport.Transport;
import io.sluicefs.spi.transport.TransportCapabilities;
import io.sluicefs.spi.transport.TransportCapabilities.Feature;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/**
 * Writes files, one a mount. Thread-safe.
 *
 * <p>The transport, the budget and the staging area are borrowed: their owner closes them after
 * this.
 */
public final class FileWriters implements AutoCloseable {
  /** Share of the memory one part may take: some are under way while the next is filled. */
  private static final int PART_SHARE = 8;

  private final Uploads uploads;
  private final KeptBytes kept;
  private final @Nullable StagingArea staging;
  private final InstantSource clock;
  private final WrittenReads reads;

  /**
   * Creates the writers of a mount.
   *
   * @param transport of the bucket, with retries, limits and {@code kept}
   * @param kept remembers what was written
   * @param staging for what is not written in order; null to refuse that
   * @param clock gives files their time until the store does
   */
  public FileWriters(
      Transport transport,
      KeptBytes kept,
      MemoryBudget budget,
      @Nullable StagingArea staging,
      WriteOptions options,
      InstantSource clock) {
    WriteMemory memory = new WriteMemory(budget, options.keepSize());
    TransportCapabilities store = transport.capabilities();
    this.uploads =
        new Uploads(
            transport,
            memory,
            new PartSizes(options.partSize(), budget.limit() / PART_SHARE, store),
            new Semaphore(options.requests()),
            options.requestsPerFile());
    this.kept = kept;
    this.staging = staging;
    this.clock = clock;
    this.reads = new WrittenReads(memory);
  }

  /**
   * Starts a file.
   *
   * @param base the object it begins with; null for a new one
   * @param exclusive whether publishing it must not replace an object, if the store can tell
   */
  @MustBeClosed
  public WrittenFile open(String key, @Nullable StoredObject base, boolean exclusive) {
    boolean createOnly = exclusive && uploads.store().has(Feature.CREATE_ONLY);
    return new WrittenFile(this, key, base, createOnly, clock.millis());
  }

  /**
   * Goes on with a file that another process has left, and whose staging file is this one's by now.
   *
   * @param handles how many it has
   */
  @MustBeClosed
  @SuppressWarnings("MustBeClosedChecker") // the file owns it
  public WrittenFile adopt(WrittenState state, int handles) throws IOException {
    StagingArea area = staging;
    if (state.stagedFile().isPresent() && area == null) {
      throw new IOException(state.key() + " is staged, and write.staging.path is empty");
    }
    StagedFile staged =
        area == null || state.stagedFile().isEmpty() ? null : area.adopt(state.staged());
    return new WrittenFile(this, state, staged, handles);
  }

  /** Copies an object within the store. */
  public ObjectStat copy(StoredObject source, String key) throws StorageException {
    return copy(source, key, Map.of());
  }

  /** As above, with other user metadata unless there is none. */
  public ObjectStat copy(StoredObject source, String key, Map<String, String> metadata)
      throws StorageException {
    return new ObjectCopies(uploads, kept).copy(source, key, new PutOptions(false, "", metadata));
  }

  /** Returns whether the store can copy. */
  public boolean copies() {
    return uploads.copies();
  }

  /** Returns how many bytes of an object are in memory because they were written lately. */
  public KeptBytes kept() {
    return kept;
  }

  Uploads uploads() {
    return uploads;
  }

  WrittenReads reads() {
    return reads;
  }

  InstantSource clock() {
    return clock;
  }

  Publication publication(String key, PutOptions options) {
    return new Publication(uploads, kept, key, options);
  }

  /** Returns whether there is staging. */
  boolean stages() {
    return staging != null;
  }

  /** Makes a staging file. */
  @MustBeClosed
  StagedFile stage(String key, @Nullable StoredObject base) throws IOException {
    StagingArea area = staging;
    if (area == null) {
      throw new WriteRefusedException(
          Reason.NO_STAGING,
          key
              + " is not written in order, which takes a staging file, and write.staging.path is"
              + " empty");
    }
    return area.create(
        new StagedOrigin(
            uploads.transport().location(),
            key,
            base == null ? null : base.id(),
            base == null ? 0 : base.size()));
  }

  /** Makes a staging file with all another holds, over another object. */
  @MustBeClosed
  @SuppressWarnings("MustBeClosedChecker") // returned
  StagedFile stageAnew(StagedFile file, String key, StoredObject base) throws IOException {
    StagedFile copy = stage(key, base);
    boolean good = false;
    try (Piece piece = piece()) {
      copy.truncate(file.visibleBase());
      for (ByteRange range : file.held()) {
        for (long at = range.start(); at < range.end(); at += piece.size()) {
          MemorySegment some = piece.memory().asSlice(0, Math.min(piece.size(), range.end() - at));
          file.read(at, some);
          copy.write(at, some);
        }
      }
      copy.truncate(file.size());
      good = true;
      return copy;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StorageException(Kind.CANCELLED, "interrupted while renaming to " + key, e);
    } finally {
      if (!good) {
        copy.close();
      }
    }
  }

  @MustBeClosed
  @SuppressWarnings("MustBeClosedChecker") // returned
  private Piece piece() throws InterruptedException {
    return uploads.memory().takeForRead(Piece.SMALL);
  }

  @Override
  public void close() {
    uploads.memory().close();
  }
}
