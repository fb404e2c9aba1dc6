// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.metrics;

import io.sluicefs.spi.fuse.Errno;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.LongAdder;

/** What Linux asked of a mount since it was made. Thread-safe. */
public final class OperationCounters {
  /** A kind of FUSE operation. */
  public enum Operation {
    LOOKUP,
    GETATTR,
    SETATTR,
    ACCESS,
    READLINK,
    OPEN,
    READ,
    FLUSH,
    RELEASE,
    FSYNC,
    OPENDIR,
    READDIR,
    RELEASEDIR,
    STATFS,
    CREATE,
    WRITE,
    MKDIR,
    SYMLINK,
    UNLINK,
    RMDIR,
    RENAME,
    FALLOCATE,
    COPY_FILE_RANGE,
    LSEEK,
    LINK,
    XATTR;

    /** Returns the name an operator sees. */
    public String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  private final Map<Operation, Latency> latencies = new EnumMap<>(Operation.class);
  private final Map<Operation, LongAdder> failures = new EnumMap<>(Operation.class);
  private final LongAdder started = new LongAdder();
  private final LongAdder ended = new LongAdder();
  private final LongAdder readBytes = new LongAdder();
  private final LongAdder writtenBytes = new LongAdder();

  /** Creates counters at zero. */
  public OperationCounters() {
    for (Operation operation : Operation.values()) {
      latencies.put(operation, new Latency());
      failures.put(operation, new LongAdder());
    }
  }

  /** Returns how long the answers to an operation took. */
  public Latency latency(Operation operation) {
    return Objects.requireNonNull(latencies.get(operation));
  }

  /**
   * Returns how many of an operation failed in a way an operator may have to act on: an absent
   * name, or an operation there is none of, is an answer and no failure.
   */
  public long failures(Operation operation) {
    return failure(operation).sum();
  }

  private LongAdder failure(Operation operation) {
    return Objects.requireNonNull(failures.get(operation));
  }

  /** Returns the operations being answered now, reads of what is in memory not included. */
  public long inFlight() {
    long done = ended.sum();
    return Math.max(0, started.sum() - done);
  }

  /** Returns the bytes handed to Linux. */
  public long readBytes() {
    return readBytes.sum();
  }

  /** Returns the bytes Linux wrote. */
  public long writtenBytes() {
    return writtenBytes.sum();
  }

  /** Notes that an operation is begun; {@link #ended} must follow. */
  public void started() {
    started.increment();
  }

  /** Notes that an operation that was {@linkplain #started begun} is over. */
  public void ended() {
    ended.increment();
  }

  /** Notes how long an operation took. */
  public void took(Operation operation, long nanos) {
    latency(operation).record(nanos);
  }

  /** Notes bytes handed to Linux. */
  public void read(long bytes) {
    readBytes.add(bytes);
  }

  /** Notes bytes Linux wrote. */
  public void wrote(long bytes) {
    writtenBytes.add(bytes);
  }

  /** Notes the errno an operation was answered with. */
  public void answered(Operation operation, int errno) {
    switch (errno) {
      case Errno.ENOENT,
          Errno.ENODATA,
          Errno.ENOSYS,
          Errno.ENOTSUP,
          Errno.EINTR,
          Errno.EEXIST,
          Errno.ENOTEMPTY,
          Errno.ENXIO -> {}
      default -> failure(operation).increment();
    }
  }
}
