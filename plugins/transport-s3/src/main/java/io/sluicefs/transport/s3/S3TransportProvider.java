// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.transport.s3;

import com.google.errorprone.annotations.MustBeClosed;
import io.sluicefs.spi.Axis;
import io.sluicefs.spi.PluginContext;
import io.sluicefs.spi.PluginDescriptor;
import io.sluicefs.spi.SettingException;
import io.sluicefs.spi.SpiVersion;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.transport.Transport;
import io.sluicefs.spi.transport.TransportProvider;

/** Makes transports to S3. */
public final class S3TransportProvider implements TransportProvider {
  /** Does nothing; for the service loader. */
  public S3TransportProvider() {}

  @Override
  public PluginDescriptor descriptor() {
    return new PluginDescriptor(
        "s3",
        Axis.TRANSPORT,
        new SpiVersion(SpiVersion.MAJOR, SpiVersion.MINOR),
        S3TransportConfig.SETTINGS);
  }

  @Override
  @MustBeClosed
  public Transport open(PluginContext context) throws SettingException, StorageException {
    return S3Transport.open(
        S3TransportConfig.of(context.settings()),
        S3Credentials.of(context.settings()),
        context.metrics());
  }
}
