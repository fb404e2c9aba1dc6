// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.fuse.jnr;

import io.sluicefs.spi.fuse.FuseChannelProvider;
import io.sluicefs.spi.testkit.fuse.FuseChannelContract;

class JnrFuseChannelTest extends FuseChannelContract {
  @Override
  protected FuseChannelProvider provider() {
    return new JnrFuseChannelProvider();
  }
}
