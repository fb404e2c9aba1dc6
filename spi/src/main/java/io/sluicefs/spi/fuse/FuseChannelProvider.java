// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.spi.fuse;

import com.google.errorprone.annotations.MustBeClosed;
import io.sluicefs.spi.PluginContext;
import io.sluicefs.spi.PluginProvider;
import io.sluicefs.spi.SettingException;
import java.io.IOException;

/** Makes FUSE channels. */
public interface FuseChannelProvider extends PluginProvider {
  /**
   * Prepares a channel; nothing is mounted yet.
   *
   * @throws SettingException if settings contradict each other
   * @throws IOException if this host lacks what the channel needs; the message says what to install
   */
  @MustBeClosed
  FuseChannel open(PluginContext context, MountOptions options)
      throws SettingException, IOException;
}
