// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.fs;

import io.sluicefs.kernel.namespace.SlotTable;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.List;

/** The numbers of a table of handles, as one process writes them down for another. */
final class Slots {
  private Slots() {}

  static void write(DataOutput to, int[] uses) throws IOException {
    to.writeInt(uses.length);
    for (int count : uses) {
      to.writeInt(count);
    }
  }

  static int[] read(DataInput from) throws IOException {
    int length = from.readInt();
    if (length < 0) {
      throw new IOException("a table of handles has a negative length");
    }
    int[] uses = new int[length];
    for (int i = 0; i < length; i++) {
      uses[i] = from.readInt();
    }
    return uses;
  }

  static <T extends SlotTable.Numbered> void restore(SlotTable<T> table, int[] uses, List<T> things)
      throws IOException {
    try {
      table.restore(uses, things);
    } catch (IllegalArgumentException e) {
      throw new IOException("handles: " + e.getMessage(), e);
    }
  }
}
