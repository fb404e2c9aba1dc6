// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.config;

import io.sluicefs.spi.PluginSettings;
import io.sluicefs.spi.SettingException;
import java.nio.file.Path;
import java.util.Optional;

/** Traces of what is read: {@code prefetch.record} and {@code prefetch.replay}. */
public final class TraceSettings {
  private final PluginSettings section;

  TraceSettings(PluginSettings section) {
    this.section = section;
  }

  /** Returns the file to write; empty if nothing is recorded. */
  public Optional<Path> record() {
    return section.find(AxisSettings.RECORD);
  }

  /** Returns the file to read ahead by; empty if there is none. */
  public Optional<Path> replay() {
    return section.find(AxisSettings.REPLAY);
  }

  /** Returns an error about the file to write. */
  public SettingException recordError(String problem) {
    return section.error(AxisSettings.RECORD, problem);
  }

  /** Returns an error about the file to read ahead by. */
  public SettingException replayError(String problem) {
    return section.error(AxisSettings.REPLAY, problem);
  }
}
