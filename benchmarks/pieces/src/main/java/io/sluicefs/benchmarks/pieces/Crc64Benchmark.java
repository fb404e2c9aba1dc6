// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.benchmarks.pieces;

import io.sluicefs.http.Crc64;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** The CRC of 1 MiB outside the heap. */
@State(Scope.Thread)
public class Crc64Benchmark extends Piece {
  private final MemorySegment bytes = Arena.ofAuto().allocate(1 << 20, 4096).fill((byte) 0x5a);

  /** What OSS compares. */
  @Benchmark
  public long xz() {
    return Crc64.XZ.update(0, bytes);
  }

  /** What S3 compares. */
  @Benchmark
  public long nvme() {
    return Crc64.NVME.update(0, bytes);
  }
}
