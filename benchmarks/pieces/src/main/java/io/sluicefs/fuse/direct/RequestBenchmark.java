// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.fuse.direct;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.sluicefs.benchmarks.pieces.Piece;
import io.sluicefs.spi.fuse.Errno;
import io.sluicefs.spi.fuse.FuseException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** Decoding requests where the Linux kernel put them. */
@State(Scope.Thread)
public class RequestBenchmark extends Piece {
  private static final int READ_BODY = 40;
  private static final String NAME = "model-00001-of-00030.safetensors";

  private final Request request = new Request();
  private final MemorySegment read = header(Protocol.READ, READ_BODY);
  private final MemorySegment lookup = header(Protocol.LOOKUP, NAME.length() + 1);

  /** Creates the requests. */
  public RequestBenchmark() {
    read.set(JAVA_LONG, Protocol.REQUEST_HEADER, 3);
    read.set(JAVA_LONG, Protocol.REQUEST_HEADER + 8, 1 << 20);
    read.set(JAVA_INT, Protocol.REQUEST_HEADER + 16, 1 << 20);
    lookup.setString(Protocol.REQUEST_HEADER, NAME);
  }

  private static MemorySegment header(int operation, int body) {
    int length = Protocol.REQUEST_HEADER + body;
    MemorySegment buffer = Arena.ofAuto().allocate(1 << 20, 4096);
    buffer.set(JAVA_INT, 0, length);
    buffer.set(JAVA_INT, 4, operation);
    buffer.set(JAVA_LONG, 8, 17);
    buffer.set(JAVA_LONG, 16, 1);
    return buffer;
  }

  /** A read: handle, offset and size. */
  @Benchmark
  public long read() throws FuseException {
    decode(read, READ_BODY);
    return request.longAt(0) + request.positionAt(8) + request.intAt(16);
  }

  /** A lookup: a name. */
  @Benchmark
  public String lookup() throws FuseException {
    decode(lookup, NAME.length() + 1);
    return request.nameAt(0, Errno.EINVAL);
  }

  private void decode(MemorySegment buffer, int body) {
    if (!request.view(buffer, Protocol.REQUEST_HEADER + body)
        || !request.isWhole()
        || request.node() != 1) {
      throw new IllegalStateException("not the request that was made");
    }
  }
}
