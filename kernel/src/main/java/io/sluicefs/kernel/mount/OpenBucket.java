// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.mount;

import com.google.errorprone.annotations.MustBeClosed;
import io.sluicefs.kernel.config.Configuration;
import io.sluicefs.kernel.plugin.PluginCatalog;
import io.sluicefs.kernel.plugin.PluginException;
import io.sluicefs.kernel.transport.RetryingTransport;
import io.sluicefs.spi.MemoryBudget;
import io.sluicefs.spi.SettingException;
import io.sluicefs.spi.transport.Transport;
import java.io.IOException;

/** The bucket of a configuration without a mount: only its transport is opened. */
public final class OpenBucket implements AutoCloseable {
  private final Transport transport;
  private final MemoryBudget memory;
  private final String prefix;

  private OpenBucket(Transport transport, MemoryBudget memory, String prefix) {
    this.transport = transport;
    this.memory = memory;
    this.prefix = prefix;
  }

  /**
   * Opens the transport; asks the bucket nothing.
   *
   * @param plugins borrowed until the bucket is closed
   */
  @MustBeClosed
  @SuppressWarnings("MustBeClosedChecker") // returned
  public static OpenBucket open(Configuration configuration, PluginCatalog plugins)
      throws SettingException, PluginException, IOException {
    MemoryBudget memory = Mount.budget(configuration);
    Transport opened =
        new OpenPlugins(configuration, plugins, memory, new Place(null)).transport().open();
    return new OpenBucket(
        new RetryingTransport(opened, configuration.retry()),
        memory,
        configuration.mount().prefix());
  }

  /** Returns the transport, which repeats what may succeed later; closed with this. */
  public Transport transport() {
    return transport;
  }

  /** Returns the memory for data. */
  public MemoryBudget memory() {
    return memory;
  }

  /** Returns the start of the keys that would be mounted; empty for the whole bucket. */
  public String prefix() {
    return prefix;
  }

  @Override
  public void close() {
    transport.close();
  }
}
