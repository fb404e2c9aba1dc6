// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.transport.oss;

import com.google.errorprone.annotations.MustBeClosed;
import io.sluicefs.spi.SettingException;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.testkit.LeakCheckedMemory;
import io.sluicefs.spi.testkit.TestContext;
import io.sluicefs.spi.transport.Transport;
import java.util.HashMap;
import java.util.Map;

/** Opens transports as the kernel does. */
final class OssTransports {
  private OssTransports() {}

  /** Opens a transport with static credentials unless the settings say otherwise. */
  @MustBeClosed
  static Transport open(String endpoint, Map<String, String> settings)
      throws SettingException, StorageException {
    return new OssTransportProvider().open(context(endpoint, settings));
  }

  /** Returns what such a transport is opened with. */
  static TestContext context(String endpoint, Map<String, String> settings)
      throws SettingException {
    Map<String, String> all = new HashMap<>();
    all.put("endpoint", endpoint);
    all.put("bucket", "models");
    if (!settings.containsKey("credentials")) {
      all.put("access-key-id", "emulator");
      all.put("access-key-secret", "emulator-secret");
    }
    all.putAll(settings);
    return TestContext.of(new OssTransportProvider(), all, new LeakCheckedMemory(0));
  }
}
