// SPDX-License-Identifier: Apache-2.0
package org.example.sluice.cache.valkey;

import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.output.CommandOutput;
import java.nio.ByteBuffer;
import java.util.BitSet;
import java.util.List;

/** Takes the values of several keys, in their order, into memory of the caller as they come. */
final class BlocksOutput extends CommandOutput<byte[], BorrowedBytes, BitSet> {
  private final List<BorrowedBytes> targets;
  private int next;
  private int corrupt;

  /** Creates the output, whose result are the numbers of the targets that were filled. */
  BlocksOutput(RedisCodec<byte[], BorrowedBytes> codec, List<BorrowedBytes> targets) {
    super(codec, new BitSet(targets.size()));
    this.targets = targets;
  }

  @Override
  public void set(ByteBuffer value) {
    int index = next++;
    if (value == null || index >= targets.size()) {
      return;
    }
    switch (targets.get(index).fill(value)) {
      case FILLED -> output.set(index);
      case WRONG_LENGTH, WRONG_CHECKSUM -> corrupt++;
      case GIVEN_UP -> {
        // Nobody looks at the result.
      }
    }
  }

  /** Returns how many values were not what was once sent; asked when all have come. */
  int corrupt() {
    return corrupt;
  }
}
