// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.benchmarks.pieces;

import io.sluicefs.kernel.memory.HardMemoryBudget;
import io.sluicefs.spi.MemoryBudget;
import io.sluicefs.spi.PluginContext;
import io.sluicefs.spi.PluginDescriptor;
import io.sluicefs.spi.PluginProvider;
import io.sluicefs.spi.PluginSettings;
import io.sluicefs.spi.SettingException;
import java.util.Map;

/** What a plugin with default settings is opened with. */
record PieceContext(PluginSettings settings, MemoryBudget memory) implements PluginContext {
  private static final long MEMORY = 256L << 20;

  static PieceContext of(PluginProvider provider) throws SettingException {
    PluginDescriptor descriptor = provider.descriptor();
    String section = descriptor.axis().section() + "." + descriptor.name();
    return new PieceContext(
        PluginSettings.of(section, descriptor.settings(), Map.of()),
        new HardMemoryBudget(MEMORY, MEMORY / 16));
  }
}
