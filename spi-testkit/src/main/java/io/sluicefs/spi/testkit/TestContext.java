// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.spi.testkit;

import io.sluicefs.spi.MemoryBudget;
import io.sluicefs.spi.PluginContext;
import io.sluicefs.spi.PluginDescriptor;
import io.sluicefs.spi.PluginProvider;
import io.sluicefs.spi.PluginSettings;
import io.sluicefs.spi.SettingException;
import java.util.HashMap;
import java.util.Map;

/**
 * A plugin context for tests.
 *
 * @param settings the plugin's settings
 * @param memory the budget
 */
public record TestContext(PluginSettings settings, MemoryBudget memory) implements PluginContext {
  @Override
  public String location() {
    return "test://localhost/bucket";
  }

  /** Returns a context with settings as texts, checked against the provider's descriptor. */
  public static TestContext of(
      PluginProvider provider, Map<String, String> settings, MemoryBudget memory)
      throws SettingException {
    PluginDescriptor descriptor = provider.descriptor();
    Map<String, PluginSettings.Entry> entries = new HashMap<>();
    settings.forEach((name, text) -> entries.put(name, new PluginSettings.Entry(text, "test")));
    String section = descriptor.axis().section() + "." + descriptor.name();
    return new TestContext(PluginSettings.of(section, descriptor.settings(), entries), memory);
  }
}
