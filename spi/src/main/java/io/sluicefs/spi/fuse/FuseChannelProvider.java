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

  /**
   * Prepares a channel that goes on with the session of another process, which was {@linkplain
   * FuseChannel#suspend suspended} there by a channel of the same name, perhaps of another release.
   * Nothing is read from it before {@link FuseChannel#serve}.
   *
   * @param handover its descriptor is open in this process, and the channel's from now on
   * @throws SettingException if settings contradict each other
   * @throws IOException if this channel cannot go on with that session
   * @since 1.3
   */
  @MustBeClosed
  default FuseChannel takeOver(PluginContext context, MountOptions options, FuseHandover handover)
      throws SettingException, IOException {
    throw new IOException(
        "the FUSE channel " + descriptor().name() + " cannot take a mount over; mount anew");
  }
}
