// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.transport.s3;

import io.sluicefs.emulator.EmulatorOptions;
import java.util.Map;

/** With the bucket in the path, over plain http. */
class S3TransportTest extends S3EmulatorContract {
  @Override
  EmulatorOptions options() {
    return EmulatorOptions.defaults();
  }

  @Override
  void adapt(EmulatedS3 emulated, Map<String, String> settings) {}
}
