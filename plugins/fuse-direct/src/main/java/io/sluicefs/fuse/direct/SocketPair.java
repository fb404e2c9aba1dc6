// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.fuse.direct;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import com.google.errorprone.annotations.MustBeClosed;
import io.sluicefs.spi.fuse.Errno;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/** Two connected sockets, over one of which a child process passes a descriptor. */
final class SocketPair implements AutoCloseable {
  private static final int AF_UNIX = 1;
  private static final int SOCK_STREAM = 1;
  private static final int SOL_SOCKET = 1;
  private static final int SCM_RIGHTS = 1;
  private static final int MSG_CMSG_CLOEXEC = 0x40000000;

  private static final MethodHandle SOCKETPAIR =
      LibC.withErrno(
          "socketpair", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS));
  private static final MethodHandle RECVMSG =
      LibC.withErrno("recvmsg", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_INT));

  private final int ours;
  private final int theirs;
  private boolean theirsOpen = true;

  private SocketPair(int ours, int theirs) {
    this.ours = ours;
    this.theirs = theirs;
  }

  @MustBeClosed
  static SocketPair open() throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = LibC.callState(arena);
      MemorySegment both = arena.allocate(8, 4);
      int result = (int) SOCKETPAIR.invokeExact(state, AF_UNIX, SOCK_STREAM, 0, both);
      if (result < 0) {
        throw new IOException("socketpair: " + LibC.message(LibC.errno(state)));
      }
      return new SocketPair(both.get(JAVA_INT, 0), both.get(JAVA_INT, 4));
    } catch (IOException e) {
      throw e;
    } catch (Throwable e) {
      throw LibC.unexpected(e);
    }
  }

  /** Returns the descriptor the child inherits. */
  int theirs() {
    return theirs;
  }

  /** Closes this process's copy of the child's end. */
  void closeTheirs() {
    if (theirsOpen) {
      theirsOpen = false;
      LibC.close(theirs);
    }
  }

  /** Waits for a descriptor; -1 if the child closes its end without. */
  int receiveDescriptor() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = LibC.callState(arena);
      MemorySegment piece = arena.allocate(16, 8);
      piece.set(ADDRESS, 0, arena.allocate(1));
      piece.set(JAVA_LONG, 8, 1);
      // struct cmsghdr: length, level, type, then one descriptor.
      MemorySegment control = arena.allocate(64, 8);
      MemorySegment message = arena.allocate(56, 8);
      message.set(ADDRESS, 16, piece);
      message.set(JAVA_LONG, 24, 1);
      message.set(ADDRESS, 32, control);
      message.set(JAVA_LONG, 40, control.byteSize());
      long received;
      do {
        received = (long) RECVMSG.invokeExact(state, ours, message, MSG_CMSG_CLOEXEC);
      } while (received < 0 && LibC.errno(state) == Errno.EINTR);
      boolean passed =
          received > 0
              && message.get(JAVA_LONG, 40) >= 20
              && control.get(JAVA_INT, 8) == SOL_SOCKET
              && control.get(JAVA_INT, 12) == SCM_RIGHTS;
      return passed ? control.get(JAVA_INT, 16) : -1;
    } catch (Throwable e) {
      throw LibC.unexpected(e);
    }
  }

  @Override
  public void close() {
    closeTheirs();
    LibC.close(ours);
  }
}
