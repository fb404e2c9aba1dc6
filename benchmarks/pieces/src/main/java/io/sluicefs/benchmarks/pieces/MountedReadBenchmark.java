// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.benchmarks.pieces;

import io.sluicefs.benchmarks.DirectFile;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * Reads past the page cache through a mount that this process serves, so that what its profiler
 * counts is all that the request allocates on its way: in the FUSE channel, the kernel, the cache
 * and, when cold, the prefetcher and the transport.
 */
@State(Scope.Thread)
@SuppressWarnings({"NullAway.Init", "MustBeClosedChecker"}) // from set-up to tear-down
public class MountedReadBenchmark extends Piece {
  private static final int SMALL = 4 << 10;
  private static final int LARGE = 1 << 20;
  private static final long WARM = 64L << 20;
  private static final int COLD_READS = 64;

  private final MemorySegment large = Arena.ofAuto().allocate(LARGE, SMALL);
  private final MemorySegment small = large.asSlice(0, SMALL);
  private MountedStore store;
  private DirectFile file;
  private long warm;
  private long cold = 1L << 30;

  /** Mounts, and reads what is to be warm. */
  @Setup
  public void open() throws Exception {
    store = MountedStore.open();
    file = DirectFile.open(store.file());
    for (long at = 0; at < WARM; at += LARGE) {
      file.read(large, at);
    }
  }

  /** 4 KiB that are cached. */
  @Benchmark
  public void warm4KiB() throws IOException {
    warm = (warm + SMALL) % WARM;
    file.read(small, warm);
  }

  /** 1 MiB that is cached. */
  @Benchmark
  public void warm1MiB() throws IOException {
    warm = (warm + LARGE) % WARM;
    file.read(large, warm);
  }

  /** 64 MiB in order that are not; figures are for 1 MiB. */
  @Benchmark
  @OperationsPerInvocation(COLD_READS)
  public void cold1MiB() throws IOException {
    for (int i = 0; i < COLD_READS; i++) {
      file.read(large, cold);
      cold += LARGE;
    }
  }

  /** Unmounts. */
  @TearDown
  public void close() throws IOException {
    file.close();
    store.close();
  }
}
