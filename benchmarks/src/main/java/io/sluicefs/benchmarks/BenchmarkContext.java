// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.benchmarks;

import io.sluicefs.spi.MemoryBudget;
import io.sluicefs.spi.PluginContext;
import io.sluicefs.spi.PluginDescriptor;
import io.sluicefs.spi.PluginSettings;
import io.sluicefs.spi.transport.TransportProvider;
import java.net.URI;
import java.util.HashMap;
import java.util.Map;

/** What the kernel would give a transport. */
final class BenchmarkContext {
  private BenchmarkContext() {}

  /** Returns what opens a transport to the store of a benchmark. */
  static PluginContext of(TransportProvider provider, URI endpoint) throws Exception {
    Map<String, PluginSettings.Entry> entries = new HashMap<>();
    Map<String, String> texts =
        Map.of(
            "endpoint",
            endpoint.toString(),
            "bucket",
            StoreProcess.BUCKET,
            "region",
            provider.descriptor().name().equals("oss") ? "cn-hangzhou" : "us-east-1",
            "credentials",
            "static",
            "access-key-id",
            "emulator",
            "access-key-secret",
            "emulator-secret");
    texts.forEach((name, text) -> entries.put(name, new PluginSettings.Entry(text, "benchmark")));
    PluginDescriptor descriptor = provider.descriptor();
    PluginSettings settings =
        PluginSettings.of("transport." + descriptor.name(), descriptor.settings(), entries);
    return new PluginContext() {
      @Override
      public PluginSettings settings() {
        return settings;
      }

      @Override
      public MemoryBudget memory() {
        throw new UnsupportedOperationException("a transport takes no bulk memory of its own");
      }
    };
  }
}
