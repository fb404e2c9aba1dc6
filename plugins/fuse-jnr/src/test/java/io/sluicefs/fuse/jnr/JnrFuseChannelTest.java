// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.fuse.jnr;

import io.sluicefs.spi.fuse.FuseChannelProvider;
import io.sluicefs.spi.testkit.fuse.Capability;
import io.sluicefs.spi.testkit.fuse.FuseChannelContract;
import java.util.EnumSet;
import java.util.Set;

class JnrFuseChannelTest extends FuseChannelContract {
  @Override
  protected FuseChannelProvider provider() {
    return new JnrFuseChannelProvider();
  }

  @Override
  protected Set<Capability> lacks() {
    return EnumSet.allOf(Capability.class);
  }
}
