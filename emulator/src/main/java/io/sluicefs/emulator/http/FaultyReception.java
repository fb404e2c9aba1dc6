// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.emulator.http;

import io.sluicefs.emulator.Faults;
import io.sluicefs.emulator.StoreException;
import java.io.IOException;
import java.nio.ByteBuffer;

/** A request that goes wrong on purpose. */
public final class FaultyReception implements Reception {
  private final Reception reception;
  private final Faults.Fault fault;
  private final Dialect dialect;
  private final RequestHead head;
  private boolean flipped;

  /**
   * @param reception what would be done without the fault
   * @param dialect says how errors are answered
   */
  public FaultyReception(
      Reception reception, Faults.Fault fault, Dialect dialect, RequestHead head) {
    this.reception = reception;
    this.fault = fault;
    this.dialect = dialect;
    this.head = head;
  }

  @Override
  public void accept(ByteBuffer bytes) throws IOException {
    if (fault.effect() != Faults.Effect.FLIP_BIT || flipped || !bytes.hasRemaining()) {
      reception.accept(bytes);
      return;
    }
    ByteBuffer changed = ByteBuffer.allocate(bytes.remaining()).put(bytes).flip();
    changed.put(0, (byte) (changed.get(0) ^ 1));
    flipped = true;
    reception.accept(changed);
  }

  @Override
  public Answer finish() throws IOException {
    return switch (fault.effect()) {
      case FLIP_BIT -> reception.finish();
      case DROP_ANSWER -> {
        reception.finish().body().close();
        yield Answer.none();
      }
      case REFUSE, FAIL_LATE -> {
        reception.abandon();
        yield dialect.refusal(
            head, new StoreException(fault.status(), fault.code(), "It was told to fail."));
      }
    };
  }

  @Override
  public boolean slow() {
    return reception.slow();
  }

  @Override
  public void abandon() {
    reception.abandon();
  }
}
