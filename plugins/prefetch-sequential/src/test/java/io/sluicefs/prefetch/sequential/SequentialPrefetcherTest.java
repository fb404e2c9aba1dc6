// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.prefetch.sequential;

import io.sluicefs.spi.prefetch.PrefetcherProvider;
import io.sluicefs.spi.testkit.prefetch.PrefetcherContract;

class SequentialPrefetcherTest extends PrefetcherContract {
  @Override
  protected PrefetcherProvider provider() {
    return new SequentialPrefetcherProvider();
  }
}
