// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.trace;

import io.sluicefs.spi.ObjectId;
import io.sluicefs.spi.prefetch.PrefetchLimits;
import io.sluicefs.spi.prefetch.Prefetcher;
import io.sluicefs.spi.prefetch.ReadAhead;
import io.sluicefs.spi.prefetch.ReadAheadWindow;

/** A prefetcher that plans nothing. */
final class NoReadAhead implements Prefetcher {
  @Override
  public ReadAhead open(ObjectId id, long size) {
    return (justRead, budget) -> ReadAheadWindow.EMPTY;
  }

  @Override
  public PrefetchLimits limits() {
    return new PrefetchLimits(1, 1, 1);
  }
}
