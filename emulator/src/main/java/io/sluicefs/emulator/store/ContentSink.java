// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.emulator.store;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Takes the bytes of a content that is being received. Used by one thread at a time; ends with
 * finish or discard.
 */
public interface ContentSink {
  /** Appends the buffer's remaining bytes. */
  void write(ByteBuffer bytes) throws IOException;

  /** All bytes are there. */
  Content finish() throws IOException;

  /** Forgets what was written; does nothing after finish or discard. */
  void discard();
}
