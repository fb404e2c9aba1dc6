// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.spi.transport;

import com.google.errorprone.annotations.MustBeClosed;
import io.sluicefs.spi.PluginContext;
import io.sluicefs.spi.PluginProvider;
import io.sluicefs.spi.SettingException;
import io.sluicefs.spi.StorageException;

/** Makes transports. */
public interface TransportProvider extends PluginProvider {
  /**
   * Opens a transport to the bucket the settings name. Resolving credentials may send requests; the
   * bucket itself need not be asked: the kernel lists it before it mounts.
   *
   * @throws SettingException if settings contradict each other
   * @throws StorageException if credentials cannot be had
   */
  @MustBeClosed
  Transport open(PluginContext context) throws SettingException, StorageException;
}
