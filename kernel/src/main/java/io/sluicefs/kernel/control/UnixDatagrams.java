// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.control;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;

/**
 * Sends datagrams to a socket of this host, which Java has streams for only. Each is addressed
 * anew, so that whoever listens there may be restarted. Thread-safe.
 */
@SuppressWarnings("restricted") // the launcher enables native access for this module
public final class UnixDatagrams implements AutoCloseable {
  // Source: bits/socket.h and linux/un.h; equal on x86_64 and aarch64.
  private static final short AF_UNIX = 1;
  private static final int SOCK_DGRAM_CLOEXEC = 2 | 0x80000;
  private static final int MSG_DONTWAIT = 0x40;
  private static final int MSG_NOSIGNAL = 0x4000;
  private static final int MOST_PATH = 107;

  private static final Linker LINKER = Linker.nativeLinker();
  private static final MethodHandle SOCKET =
      handle(
          "socket",
          ValueLayout.JAVA_INT,
          ValueLayout.JAVA_INT,
          ValueLayout.JAVA_INT,
          ValueLayout.JAVA_INT);
  private static final MethodHandle CLOSE =
      handle("close", ValueLayout.JAVA_INT, ValueLayout.JAVA_INT);
  private static final MethodHandle SENDTO =
      handle(
          "sendto",
          ValueLayout.JAVA_LONG,
          ValueLayout.JAVA_INT,
          ValueLayout.ADDRESS,
          ValueLayout.JAVA_LONG,
          ValueLayout.JAVA_INT,
          ValueLayout.ADDRESS,
          ValueLayout.JAVA_INT);

  private final byte[] path;
  private final int descriptor;

  /**
   * Opens a socket to send from.
   *
   * @param target the path of the socket to send to; with {@code @} in front an abstract name
   * @throws IOException if the path is too long for a socket, or there are no descriptors
   */
  public UnixDatagrams(String target) throws IOException {
    path = target.getBytes(StandardCharsets.UTF_8);
    if (path.length > MOST_PATH) {
      throw new IOException(target + " is too long for the path of a socket");
    }
    try {
      descriptor = (int) SOCKET.invokeExact((int) AF_UNIX, SOCK_DGRAM_CLOEXEC, 0);
    } catch (Throwable e) {
      throw uncallable(e);
    }
    if (descriptor < 0) {
      throw new IOException("no socket can be opened");
    }
  }

  /** Sends; returns whether it was taken. Never waits. */
  public boolean offer(byte[] datagram) {
    return send(datagram, MSG_DONTWAIT | MSG_NOSIGNAL);
  }

  /** Sends, and waits while there is no room; returns whether it was taken. */
  public boolean send(byte[] datagram) {
    return send(datagram, MSG_NOSIGNAL);
  }

  private boolean send(byte[] datagram, int flags) {
    try (Arena arena = Arena.ofConfined()) {
      boolean isAbstract = path.length > 0 && path[0] == '@';
      MemorySegment address =
          arena.allocate(Short.BYTES + path.length + (isAbstract ? 0 : 1), Short.BYTES);
      address.set(ValueLayout.JAVA_SHORT, 0, AF_UNIX);
      MemorySegment.copy(path, 0, address, ValueLayout.JAVA_BYTE, Short.BYTES, path.length);
      if (isAbstract) {
        // Its name begins with a zero.
        address.set(ValueLayout.JAVA_BYTE, Short.BYTES, (byte) 0);
      }
      return (long)
              SENDTO.invokeExact(
                  descriptor,
                  arena.allocateFrom(ValueLayout.JAVA_BYTE, datagram),
                  (long) datagram.length,
                  flags,
                  address,
                  (int) address.byteSize())
          == datagram.length;
    } catch (Throwable e) {
      throw uncallable(e);
    }
  }

  @Override
  public void close() {
    try {
      int _ = (int) CLOSE.invokeExact(descriptor);
    } catch (Throwable e) {
      throw uncallable(e);
    }
  }

  private static IllegalStateException uncallable(Throwable cause) {
    if (cause instanceof Error error) {
      throw error;
    }
    return new IllegalStateException("the C library cannot be called", cause);
  }

  private static MethodHandle handle(String name, MemoryLayout result, MemoryLayout... arguments) {
    return LINKER.downcallHandle(
        LINKER.defaultLookup().findOrThrow(name), FunctionDescriptor.of(result, arguments));
  }
}
