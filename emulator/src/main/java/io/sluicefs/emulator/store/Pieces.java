// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.emulator.store;

import java.io.Closeable;
import java.io.IOException;

/** A range of a content, cut while it is sent. Used by one thread at a time. */
public interface Pieces extends Closeable {
  /** Bytes not yet handed out. */
  long remaining();

  /**
   * The next at most {@code limit} bytes, at least one. The caller owns the piece and releases it
   * (writing it to a Netty channel does). It is valid until {@link #close()}.
   *
   * @param sendfile whether a {@link io.netty.channel.FileRegion} will do; else always a {@link
   *     io.netty.buffer.ByteBuf}
   */
  Object next(int limit, boolean sendfile) throws IOException;
}
