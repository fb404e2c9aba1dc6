// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.transport.oss;

import com.google.errorprone.annotations.MustBeClosed;
import io.sluicefs.spi.Axis;
import io.sluicefs.spi.PluginContext;
import io.sluicefs.spi.PluginDescriptor;
import io.sluicefs.spi.SettingException;
import io.sluicefs.spi.SpiVersion;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.transport.Transport;
import io.sluicefs.spi.transport.TransportProvider;

/** Makes transports to Aliyun OSS. */
public final class OssTransportProvider implements TransportProvider {
  /** Does nothing; for the service loader. */
  public OssTransportProvider() {}

  @Override
  public PluginDescriptor descriptor() {
    return new PluginDescriptor(
        "oss",
        Axis.TRANSPORT,
        new SpiVersion(SpiVersion.MAJOR, SpiVersion.MINOR),
        OssTransportConfig.SETTINGS);
  }

  @Override
  @MustBeClosed
  public Transport open(PluginContext context) throws SettingException, StorageException {
    OssTransportConfig config = OssTransportConfig.of(context.settings(), context.verifiesReads());
    CredentialSource credentials = OssCredentialsConfig.source(context.settings(), System.getenv());
    credentials.get();
    OssTransport transport = new OssTransport(config, credentials);
    transport.show(context.metrics());
    return transport;
  }
}
