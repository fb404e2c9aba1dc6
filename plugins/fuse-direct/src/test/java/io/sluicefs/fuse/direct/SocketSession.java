// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.fuse.direct;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import com.google.errorprone.annotations.MustBeClosed;
import io.sluicefs.spi.fuse.FuseOperations;
import io.sluicefs.spi.fuse.MountOptions;
import io.sluicefs.spi.testkit.LeakCheckedMemory;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** A session on a socket in place of the device: it keeps the bounds of messages as that does. */
final class SocketSession implements AutoCloseable {
  private static final int AF_UNIX = 1;
  private static final int SOCK_SEQPACKET = 5;
  private static final int LARGEST = 4 << 20;
  private static final Duration TTL = Duration.ofSeconds(60);
  private static final MethodHandle SOCKETPAIR =
      LibC.withErrno(
          "socketpair", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS));

  private final Arena arena = Arena.ofShared();
  private final LeakCheckedMemory memory = new LeakCheckedMemory(64 << 20);
  private final MemorySegment state = LibC.callState(arena);
  private final MemorySegment received = arena.allocate(LARGEST, 8);
  private final CompletableFuture<Void> served = new CompletableFuture<>();
  private final RequestBuffers buffers;
  private final Session session;
  private final Device device;
  private final Device linux;

  private SocketSession(FuseOperations operations, DirectFuseConfig config) throws Exception {
    MemorySegment both = arena.allocate(8, 4);
    try {
      int result = (int) SOCKETPAIR.invokeExact(state, AF_UNIX, SOCK_SEQPACKET, 0, both);
      if (result < 0) {
        throw new IOException("socketpair");
      }
    } catch (IOException e) {
      throw e;
    } catch (Throwable e) {
      throw LibC.unexpected(e);
    }
    device = new Device(both.get(JAVA_INT, 0));
    linux = new Device(both.get(JAVA_INT, 4));
    buffers = RequestBuffers.reserve(memory, config.readers());
    MountOptions options =
        new MountOptions(Path.of("none"), "none", false, false, TTL, TTL, TTL, 1 << 20);
    session = new Session(device, operations, options, config, memory, buffers);
  }

  /** Starts to serve one request after the other. */
  @MustBeClosed
  static SocketSession start(FuseOperations operations) throws Exception {
    return start(operations, new DirectFuseConfig(1, 4));
  }

  /** Starts to serve. */
  @MustBeClosed
  static SocketSession start(FuseOperations operations, DirectFuseConfig config) throws Exception {
    SocketSession started = new SocketSession(operations, config);
    Thread.ofPlatform().daemon().start(started::serve);
    return started;
  }

  private void serve() {
    try {
      session.serve();
      served.complete(null);
    } catch (Throwable e) {
      served.completeExceptionally(e);
    }
  }

  static byte[] request(int operation, long unique, long inode, byte[] body, int length) {
    byte[] request = new byte[Protocol.REQUEST_HEADER + body.length];
    MemorySegment bytes = MemorySegment.ofArray(request);
    bytes.set(JAVA_INT.withByteAlignment(1), 0, length);
    bytes.set(JAVA_INT.withByteAlignment(1), 4, operation);
    bytes.set(JAVA_LONG.withByteAlignment(1), 8, unique);
    bytes.set(JAVA_LONG.withByteAlignment(1), 16, inode);
    System.arraycopy(body, 0, request, Protocol.REQUEST_HEADER, body.length);
    return request;
  }

  void send(int operation, long unique, long inode, byte[] body) {
    sendBytes(request(operation, unique, inode, body, Protocol.REQUEST_HEADER + body.length));
  }

  void sendBytes(byte[] bytes) {
    try (Arena local = Arena.ofConfined()) {
      MemorySegment message = local.allocate(bytes.length);
      message.copyFrom(MemorySegment.ofArray(bytes));
      MemorySegment piece = local.allocate(16, 8);
      piece.set(ADDRESS, 0, message);
      piece.set(JAVA_LONG, 8, bytes.length);
      int sent = linux.write(state, piece, 1);
      if (sent != bytes.length) {
        throw new IllegalStateException("sent: " + sent);
      }
    }
  }

  /** Waits for a reply, which is valid until the next. */
  MemorySegment receive() {
    int length = linux.read(state, received);
    if (length < Protocol.REPLY_HEADER) {
      throw new IllegalStateException("received: " + length);
    }
    return received.asSlice(0, length);
  }

  /** Returns the bytes of the memory budget that are taken. */
  long reserved() {
    return memory.reserved();
  }

  @Override
  public void close() {
    try {
      session.end(Duration.ofSeconds(30));
    } catch (InterruptedException e) {
      throw new IllegalStateException("interrupted", e);
    }
    served.orTimeout(30, TimeUnit.SECONDS).join();
    session.free();
    device.close();
    linux.close();
    buffers.close();
    memory.close();
    arena.close();
  }
}
