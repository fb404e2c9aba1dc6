// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.benchmarks.pieces;

import io.sluicefs.prefetch.sequential.SequentialPrefetcherProvider;
import io.sluicefs.spi.ByteRange;
import io.sluicefs.spi.ObjectId;
import io.sluicefs.spi.prefetch.Prefetcher;
import io.sluicefs.spi.prefetch.ReadAhead;
import io.sluicefs.spi.prefetch.ReadAheadWindow;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** Planning the window after a read of 128 KiB, the range of the read included. */
@State(Scope.Thread)
@SuppressWarnings({"NullAway.Init", "MustBeClosedChecker"}) // from set-up to tear-down
public class ReadAheadBenchmark extends Piece {
  private static final int READ = 128 << 10;
  private static final long SIZE = 1L << 40;

  private Prefetcher prefetcher;
  private ReadAhead inOrder;
  private ReadAhead atRandom;
  private long at;

  /** Opens two handles. */
  @Setup
  public void open() throws Exception {
    SequentialPrefetcherProvider provider = new SequentialPrefetcherProvider();
    prefetcher = provider.open(PieceContext.of(provider));
    inOrder = prefetcher.open(new ObjectId("a", "etag"), SIZE);
    atRandom = prefetcher.open(new ObjectId("b", "etag"), SIZE);
  }

  /** A reader in order. */
  @Benchmark
  public ReadAheadWindow sequential() {
    at = (at + READ) % SIZE;
    return inOrder.next(ByteRange.of(at, READ), Long.MAX_VALUE);
  }

  /** A reader that never reads where it was expected to. */
  @Benchmark
  public ReadAheadWindow random() {
    at = (at * 6364136223846793005L + 1442695040888963407L) & (SIZE / 2 - 1);
    return atRandom.next(ByteRange.of(at, READ), Long.MAX_VALUE);
  }

  /** Closes. */
  @TearDown
  public void close() {
    prefetcher.close();
  }
}
