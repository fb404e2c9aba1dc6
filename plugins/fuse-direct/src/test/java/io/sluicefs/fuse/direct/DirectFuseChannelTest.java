// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.fuse.direct;

import io.sluicefs.spi.fuse.FuseChannelProvider;
import io.sluicefs.spi.testkit.fuse.FuseChannelContract;

class DirectFuseChannelTest extends FuseChannelContract {
  @Override
  protected FuseChannelProvider provider() {
    return new DirectFuseChannelProvider();
  }
}
