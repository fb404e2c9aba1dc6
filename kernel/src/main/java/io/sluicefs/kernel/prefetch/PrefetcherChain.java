// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.prefetch;

import io.sluicefs.spi.ObjectId;
import io.sluicefs.spi.prefetch.PrefetchLimits;
import io.sluicefs.spi.prefetch.Prefetcher;
import io.sluicefs.spi.prefetch.PresentBytes;
import io.sluicefs.spi.prefetch.ReadAhead;
import java.util.List;

/**
 * Prefetchers that are asked in order: one that abstains leaves an object to the next. Their owner
 * closes them.
 */
public final class PrefetcherChain implements Prefetcher {
  private final List<Prefetcher> prefetchers;
  private final Prefetcher first;

  /**
   * Creates a chain.
   *
   * @param prefetchers in the order they are asked
   * @param first the one of them by whose limits the plans of all are carried out
   */
  public PrefetcherChain(List<Prefetcher> prefetchers, Prefetcher first) {
    this.prefetchers = List.copyOf(prefetchers);
    this.first = first;
  }

  @Override
  public ReadAhead open(ObjectId id, long size) {
    return open(id, size, PresentBytes.NONE);
  }

  @Override
  public ReadAhead open(ObjectId id, long size, PresentBytes present) {
    ReadAhead[] planners = new ReadAhead[prefetchers.size()];
    for (int i = 0; i < planners.length; i++) {
      planners[i] = prefetchers.get(i).open(id, size, present);
    }
    return new ChainedReadAhead(planners);
  }

  @Override
  public PrefetchLimits limits() {
    return first.limits();
  }
}
