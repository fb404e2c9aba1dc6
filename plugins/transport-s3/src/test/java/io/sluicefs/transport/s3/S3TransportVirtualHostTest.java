// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.transport.s3;

import io.sluicefs.emulator.EmulatorOptions;
import java.util.Map;

/** With the bucket in the host's name. */
class S3TransportVirtualHostTest extends S3EmulatorContract {
  @Override
  EmulatorOptions options() {
    return EmulatorOptions.defaults();
  }

  @Override
  void adapt(EmulatedS3 emulated, Map<String, String> settings) {
    settings.put("endpoint", "http://localhost:" + emulated.emulator.s3Endpoint().getPort());
    settings.put("path-style", "false");
  }
}
