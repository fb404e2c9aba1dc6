// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.emulator.http;

import java.io.IOException;
import java.nio.ByteBuffer;

/** A request whose body is on its way. */
public interface Reception {
  /** Takes the next bytes of the body. */
  void accept(ByteBuffer bytes) throws IOException;

  /** The body is complete: the answer. */
  Answer finish() throws IOException;

  /** Whether {@link #finish()} may take its time, so that it is called on a thread of its own. */
  boolean slow();

  /** The client is gone, or the request was refused: forgets the body. */
  void abandon();

  /** A request whose body means nothing. */
  static Reception withoutBody(Finish finish) {
    return new Reception() {
      @Override
      public void accept(ByteBuffer bytes) {
        bytes.position(bytes.limit());
      }

      @Override
      public Answer finish() throws IOException {
        return finish.answer();
      }

      @Override
      public boolean slow() {
        return false;
      }

      @Override
      public void abandon() {}
    };
  }

  /** What is left to do. */
  @FunctionalInterface
  interface Finish {
    Answer answer() throws IOException;
  }
}
