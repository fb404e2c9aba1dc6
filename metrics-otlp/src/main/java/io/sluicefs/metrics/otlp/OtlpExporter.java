// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.metrics.otlp;

import io.sluicefs.kernel.config.OtlpSettings;
import io.sluicefs.kernel.mount.MountFigures;
import io.sluicefs.metrics.MetricsExporter;
import io.sluicefs.metrics.MountMeters;
import java.net.URI;

/** Sends all figures of a mount to a collector, with the names they have for Prometheus. */
public final class OtlpExporter implements MetricsExporter {
  /** Creates the exporter, for the service loader. */
  public OtlpExporter() {}

  @Override
  public Sending start(URI endpoint, OtlpSettings settings, MountFigures figures) {
    SendingRegistry registry =
        new SendingRegistry(new CollectorConfig(endpoint, settings, figures));
    registry.config().commonTags("mountpoint", figures.mountpoint().toString());
    MountMeters meters = new MountMeters(figures, registry);
    meters.bind();
    meters.bindLatencies();
    registry.sendWith(meters);
    return registry::close;
  }
}
