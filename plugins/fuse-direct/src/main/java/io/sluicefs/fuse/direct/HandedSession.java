// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.fuse.direct;

import io.sluicefs.spi.fuse.FuseHandover;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;

/**
 * What a process needs beside the descriptor to go on with a session: what was agreed on with Linux
 * that is not the same in every release, and what Linux is still to be told.
 *
 * @param maxData most bytes Linux was told one request may move
 * @param from what follows, for the notifier
 */
record HandedSession(int maxData, DataInputStream from) {
  private static final int FORM = 1;

  static FuseHandover of(Device device, Notifier notifier) {
    try {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      DataOutputStream to = new DataOutputStream(bytes);
      to.writeInt(FORM);
      to.writeInt(Protocol.MAX_DATA);
      notifier.write(to);
      return new FuseHandover(device.descriptor(), bytes.toByteArray());
    } catch (IOException e) {
      throw new UncheckedIOException("memory cannot be written", e);
    }
  }

  /**
   * Reads it.
   *
   * @throws IOException if this release cannot go on with the session
   */
  static HandedSession of(FuseHandover handover) throws IOException {
    DataInputStream from = new DataInputStream(new ByteArrayInputStream(handover.state()));
    int form = from.readInt();
    if (form != FORM) {
      throw new IOException(
          "the session is handed over in form %d; this release knows %d".formatted(form, FORM));
    }
    int maxData = from.readInt();
    if (maxData > Protocol.MAX_DATA) {
      throw new IOException(
          "the session has requests of up to %d bytes; this release takes %d"
              .formatted(maxData, Protocol.MAX_DATA));
    }
    return new HandedSession(maxData, from);
  }
}
