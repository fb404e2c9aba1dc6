// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.read;

import java.util.List;

/** Two caches of different block sizes, the larger blocks below. */
class TwoTierReadTransparencyTest extends ReadTransparencyTest {
  @Override
  List<Integer> blockSizes() {
    return List.of(64 * ReadStack.KIB, 128 * ReadStack.KIB);
  }
}
