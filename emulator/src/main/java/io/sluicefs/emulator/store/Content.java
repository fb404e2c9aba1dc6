// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.emulator.store;

import java.io.IOException;
import java.nio.ByteBuffer;

/** The bytes of an object or of a part of an upload. Immutable, safe for use by many threads. */
public interface Content {
  long size();

  /** Fills the buffer's remaining space from the offset on; the bytes must exist. */
  void read(long offset, ByteBuffer into) throws IOException;

  /** The bytes of a range in pieces ready to be written to a socket. The caller closes them. */
  Pieces pieces(long offset, long length) throws IOException;

  /** A range of this content; shares its bytes. */
  Content slice(long offset, long length);

  /** CRC-64/XZ of all bytes, computed when first asked for where it is not known. */
  long crc64() throws IOException;
}
