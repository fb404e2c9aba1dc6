// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.read;

import io.sluicefs.spi.ObjectId;
import io.sluicefs.spi.transport.ReadProgress;
import java.util.concurrent.atomic.LongAdder;

/**
 * What reading one version of an object did since the mount, over all times it was open.
 * Thread-safe.
 */
final class ObjectTally {
  private final ObjectId id;
  private final long size;
  private final LongAdder opens = new LongAdder();
  private final LongAdder readBytes = new LongAdder();
  private final LongAdder downloadedBytes = new LongAdder();
  private final LongAdder loads = new LongAdder();
  private final LongAdder waits = new LongAdder();
  private final LongAdder waitNanos = new LongAdder();
  private volatile String pattern = "";

  ObjectTally(ObjectId id, long size) {
    this.id = id;
    this.size = size;
  }

  void opened() {
    opens.increment();
  }

  void read(long bytes) {
    readBytes.add(bytes);
  }

  /** Notes that a reader had to wait. */
  void waited(long nanos) {
    waits.increment();
    waitNanos.add(nanos);
  }

  /** Notes what a planner took the reads for when its session ended. */
  void planned(String description) {
    pattern = description;
  }

  /** Notes a request for bytes of the object, and those that come. */
  ReadProgress counting(ReadProgress progress) {
    loads.increment();
    return new Counted(progress);
  }

  private final class Counted implements ReadProgress {
    private final ReadProgress progress;
    private long counted;

    Counted(ReadProgress progress) {
      this.progress = progress;
    }

    @Override
    public void filled(long bytes) {
      downloadedBytes.add(bytes - counted);
      counted = bytes;
      progress.filled(bytes);
    }
  }

  ObjectSummary summary() {
    return new ObjectSummary(
        id,
        size,
        opens.sum(),
        readBytes.sum(),
        downloadedBytes.sum(),
        loads.sum(),
        waits.sum(),
        waitNanos.sum(),
        pattern);
  }
}
