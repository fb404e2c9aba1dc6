// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.memory;

import io.sluicefs.spi.MemoryBudget.Use;
import io.sluicefs.spi.MemoryReservation;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.ThreadIdGen;
import org.junit.jupiter.api.Test;

/** Whoever takes and gives back at one time, the budget counts as if one did after the other. */
@Param(name = "thread", gen = ThreadIdGen.class)
public class MemoryBudgetLincheckTest {
  private static final int ITERATIONS = Integer.getInteger("sluice.lincheck-iterations", 5);
  private static final int INVOCATIONS = Integer.getInteger("sluice.lincheck-invocations", 300);

  private final HardMemoryBudget budget = new HardMemoryBudget(3, 1);
  private final AtomicReferenceArray<MemoryReservation> held = new AtomicReferenceArray<>(8);

  /** Takes two bytes of three, if the thread has none. */
  @Operation
  public boolean takeForAWriter(@Param(name = "thread") int thread) {
    return take(thread, 2, Use.WRITE);
  }

  @Operation
  public boolean takeForAReader(@Param(name = "thread") int thread) {
    return take(thread, 1, Use.READ);
  }

  @Operation
  public boolean takeToReadAhead(@Param(name = "thread") int thread) {
    return take(thread, 1, Use.READ_AHEAD);
  }

  @SuppressWarnings("MustBeClosedChecker") // closed by giveBack
  private boolean take(int thread, long bytes, Use use) {
    if (held.get(thread) != null) {
      return false;
    }
    MemoryReservation taken = budget.tryReserve(bytes, use);
    held.set(thread, taken);
    return taken != null;
  }

  @Operation
  public boolean giveBack(@Param(name = "thread") int thread) {
    MemoryReservation taken = held.getAndSet(thread, null);
    if (taken == null) {
      return false;
    }
    taken.close();
    return true;
  }

  @Operation
  public long reserved() {
    return budget.reserved();
  }

  @Operation
  public long available() {
    return budget.available(Use.READ);
  }

  @Test
  void operationsSeemToHappenOneAfterTheOther() {
    new ModelCheckingOptions()
        .iterations(ITERATIONS)
        .invocationsPerIteration(INVOCATIONS)
        .threads(2)
        .actorsPerThread(3)
        .check(MemoryBudgetLincheckTest.class);
  }
}
