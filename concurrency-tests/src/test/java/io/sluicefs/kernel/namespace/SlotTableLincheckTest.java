// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.namespace;

import org.jetbrains.lincheck.datastructures.LongGen;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.junit.jupiter.api.Test;

/** The table inodes and handles are found by: numbers come, lead somewhere and go at one time. */
@Param(name = "number", gen = LongGen.class, conf = "1:3")
public class SlotTableLincheckTest {
  private static final int ITERATIONS = Integer.getInteger("sluice.lincheck-iterations", 5);
  private static final int INVOCATIONS = Integer.getInteger("sluice.lincheck-invocations", 300);

  private record Thing(long number) implements SlotTable.Numbered {}

  private final SlotTable<Thing> table = new SlotTable<>(2);

  /** Returns the number of a new thing; 0 if the table is full. */
  @Operation
  public long add() {
    Thing made = table.add(Thing::new);
    return made == null ? 0 : made.number();
  }

  @Operation
  public boolean get(@Param(name = "number") long number) {
    return table.get(number) != null;
  }

  @Operation
  public boolean remove(@Param(name = "number") long number) {
    return table.remove(new Thing(number));
  }

  @Operation
  public int size() {
    return table.size();
  }

  @Test
  void operationsSeemToHappenOneAfterTheOther() {
    new ModelCheckingOptions()
        .iterations(ITERATIONS)
        .invocationsPerIteration(INVOCATIONS)
        .threads(2)
        .actorsPerThread(3)
        .check(SlotTableLincheckTest.class);
  }
}
