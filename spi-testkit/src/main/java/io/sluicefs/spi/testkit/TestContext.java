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
import java.util.UUID;

/**
 * A plugin context for tests.
 *
 * @param settings the plugin's settings
 * @param memory the budget
 * @param location where the bucket is said to be
 * @param verifiesReads whether checksums that come with answers are compared
 */
public record TestContext(
    PluginSettings settings, MemoryBudget memory, String location, boolean verifiesReads)
    implements PluginContext {
  /** Creates the context of a mount that compares checksums. */
  public TestContext(PluginSettings settings, MemoryBudget memory, String location) {
    this(settings, memory, location, true);
  }

  /** Creates the context of a mount of some bucket. */
  public TestContext(PluginSettings settings, MemoryBudget memory) {
    this(settings, memory, "test://localhost/bucket");
  }

  /** Returns the context of a mount that compares no checksums. */
  public TestContext withoutVerifiedReads() {
    return new TestContext(settings, memory, location, false);
  }

  /** Returns the context of a mount of a bucket no test has seen yet. */
  public TestContext ofOtherBucket() {
    return new TestContext(
        settings, memory, "test://localhost/" + UUID.randomUUID(), verifiesReads);
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
