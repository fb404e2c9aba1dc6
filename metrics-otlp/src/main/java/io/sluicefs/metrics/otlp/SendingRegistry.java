// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.metrics.otlp;

import io.micrometer.core.instrument.Clock;
import io.micrometer.registry.otlp.OtlpMeterRegistry;
import io.sluicefs.metrics.MountMeters;
import org.jspecify.annotations.Nullable;

/** Micrometer's registry, which takes in the figures of plugins before it sends. */
final class SendingRegistry extends OtlpMeterRegistry {
  private volatile @Nullable MountMeters meters;

  SendingRegistry(CollectorConfig config) {
    super(config, Clock.SYSTEM);
  }

  void sendWith(MountMeters bound) {
    meters = bound;
  }

  @Override
  protected void publish() {
    MountMeters bound = meters;
    if (bound != null) {
      bound.bindPlugins();
      super.publish();
    }
  }
}
