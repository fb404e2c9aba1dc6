// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.benchmarks.pieces;

import io.sluicefs.http.Endpoint;
import io.sluicefs.http.RangeReader;
import io.sluicefs.http.RangeReaderOptions;
import io.sluicefs.http.RangeRequest;
import io.sluicefs.spi.ByteRange;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import io.sluicefs.spi.transport.ReadProgress;
import java.nio.ByteBuffer;
import java.util.Map;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** One range of 8 MiB over HTTP, from a store in another process. */
@State(Scope.Thread)
@SuppressWarnings({"NullAway.Init", "MustBeClosedChecker"}) // from set-up to tear-down
public class RangeReaderBenchmark extends Piece {
  private static final int RANGE = 8 << 20;

  private final ByteBuffer[] target = {ByteBuffer.allocateDirect(RANGE)};
  private StoreProcess store;
  private RangeReader reader;
  private Endpoint endpoint;
  private String etag;
  private long at;

  /** Starts the store. */
  @Setup
  public void open() throws Exception {
    store = StoreProcess.start();
    reader = new RangeReader(RangeReaderOptions.DEFAULTS);
    endpoint = Endpoint.of(store.s3());
    etag = store.etag();
  }

  /** Reads the next range. */
  @Benchmark
  public ByteBuffer read() throws StorageException {
    target[0].clear();
    reader.read(
        new RangeRequest(
            endpoint,
            "/" + StoreProcess.BUCKET + "/" + StoreProcess.KEY,
            Map.of(),
            ByteRange.of(at, RANGE),
            etag,
            "read"),
        target,
        ReadProgress.NONE,
        (request, answer) ->
            new StorageException(Kind.SERVER_ERROR, answer.status() + " " + answer.body()));
    at += RANGE;
    return target[0];
  }

  /** Ends the store. */
  @TearDown
  public void close() {
    reader.close();
    store.close();
  }
}
