// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cli;

import io.sluicefs.spi.SpiVersion;
import picocli.CommandLine.IVersionProvider;

/** Says which release this is. */
final class Version implements IVersionProvider {
  @Override
  public String[] getVersion() {
    String release =
        ModuleLayer.boot()
            .findModule("io.sluicefs.cli")
            .flatMap(module -> module.getDescriptor().rawVersion())
            .orElse("unknown");
    return new String[] {
      "sluice %s (SPI %s, Java %s)"
          .formatted(release, new SpiVersion(SpiVersion.MAJOR, SpiVersion.MINOR), Runtime.version())
    };
  }
}
