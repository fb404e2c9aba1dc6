// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.emulator.http;

import io.sluicefs.emulator.StoreException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;

/** A request whose body is a small document, or that has none but takes its time. */
public final class DocumentReception implements Reception {
  /** Bytes of the largest document. */
  public static final int LIMIT = 8 << 20;

  private final ByteArrayOutputStream document = new ByteArrayOutputStream();
  private final Finish finish;

  /** What is left to do with the document. */
  @FunctionalInterface
  public interface Finish {
    Answer answer(byte[] document) throws IOException;
  }

  public DocumentReception(Finish finish) {
    this.finish = finish;
  }

  @Override
  public void accept(ByteBuffer bytes) {
    if (document.size() + bytes.remaining() > LIMIT) {
      throw new StoreException(400, "MaxMessageLengthExceeded", "Your request was too large.");
    }
    byte[] copy = new byte[bytes.remaining()];
    bytes.get(copy);
    document.write(copy, 0, copy.length);
  }

  @Override
  public Answer finish() throws IOException {
    return finish.answer(document.toByteArray());
  }

  @Override
  public boolean slow() {
    return true;
  }

  @Override
  public void abandon() {
    document.reset();
  }
}
