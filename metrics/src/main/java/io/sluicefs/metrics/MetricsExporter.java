// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.metrics;

import io.sluicefs.kernel.config.OtlpSettings;
import io.sluicefs.kernel.mount.MountFigures;
import java.net.URI;

/**
 * Sends the figures of a mount somewhere, now and then. Provided by a module that comes with the
 * libraries for it, and that only a mount loads that sends.
 */
public interface MetricsExporter {
  /** Sends until it is closed, and once more then. */
  interface Sending extends AutoCloseable {
    @Override
    void close();
  }

  /**
   * Starts sending.
   *
   * @param endpoint where to
   * @param settings how often, with which headers
   * @param figures of the mount, used until what is returned is closed
   */
  Sending start(URI endpoint, OtlpSettings settings, MountFigures figures);
}
