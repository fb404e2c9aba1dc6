// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.namespace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class SlotTableTest {
  private record Thing(long number) implements SlotTable.Numbered {}

  private final SlotTable<Thing> table = new SlotTable<>(100_000);

  private Thing add() {
    @Nullable Thing made = table.add(Thing::new);
    if (made == null) {
      throw new AssertionError("the table is full");
    }
    return made;
  }

  @Test
  void theFirstNumberIsOneAsTheRootNeeds() {
    assertEquals(1, add().number());
  }

  @Test
  void aNumberIsNeverGivenTwice() {
    Set<Long> seen = new HashSet<>();
    for (int i = 0; i < 1000; i++) {
      Thing thing = add();
      assertTrue(seen.add(thing.number()));
      assertTrue(table.remove(thing));
      assertNull(table.get(thing.number()));
      assertFalse(table.remove(thing));
    }
    assertEquals(0, table.size());
  }

  @Test
  void manyThingsAreFoundAgain() {
    List<Thing> things = new ArrayList<>();
    for (int i = 0; i < 100_000; i++) {
      things.add(add());
    }
    assertNull(table.add(Thing::new));
    for (Thing thing : things) {
      assertEquals(thing, table.get(thing.number()));
    }
    assertEquals(100_000, table.size());
    assertTrue(table.remove(things.get(70_000)));
    assertNotEquals(things.get(70_000).number(), add().number());
    assertEquals(100_000, table.size());
  }

  @Test
  void aTableThatWasRestoredGivesNoNumberOfTheOneBefore() {
    Set<Long> seen = new HashSet<>();
    List<Thing> kept = new ArrayList<>();
    for (int i = 0; i < 5000; i++) {
      Thing thing = add();
      seen.add(thing.number());
      if (i % 3 == 0) {
        assertTrue(table.remove(thing));
      } else {
        kept.add(thing);
      }
    }
    SlotTable<Thing> restored = new SlotTable<>(100_000);
    restored.restore(table.uses(), kept);

    assertEquals(table.size(), restored.size());
    kept.forEach(thing -> assertEquals(thing, restored.get(thing.number())));
    for (int i = 0; i < 5000; i++) {
      Thing more = restored.add(Thing::new);
      assertTrue(more != null && seen.add(more.number()), "a number was given twice");
    }
  }

  @Test
  void whatIsNoTableIsNotRestored() {
    Thing stranger = new Thing(7);
    assertThrows(
        IllegalArgumentException.class, () -> table.restore(new int[3], List.of(stranger)));
    assertThrows(IllegalArgumentException.class, () -> table.restore(new int[100_002], List.of()));
  }

  @Test
  void numbersThatWereNeverGivenLeadNowhere() {
    Thing thing = add();
    for (long number :
        new long[] {0, 2, -1, Long.MAX_VALUE, Long.MIN_VALUE, 1L << 32, 0xffffffffL}) {
      assertNull(table.get(number));
    }
    assertEquals(thing, table.get(1));
  }
}
