// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cli;

import io.sluicefs.kernel.config.LogSettings;
import io.sluicefs.kernel.control.ControlException;
import io.sluicefs.kernel.control.ControlVerb;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** What of a mount can be changed while it runs. */
final class LiveSettings implements ControlVerb {
  private static final String LOG_LEVEL = "log.level";

  @Override
  public Map<String, ?> answer(Map<String, Object> question) throws ControlException {
    String setting = String.valueOf(question.get("setting"));
    String value = String.valueOf(question.get("value"));
    if (!setting.equals(LOG_LEVEL)) {
      throw new ControlException(
          setting + " cannot be changed while mounted, only " + LOG_LEVEL + "; mount again");
    }
    Logging.setLevel(level(value));
    return Map.of();
  }

  private static LogSettings.Level level(String value) throws ControlException {
    return Arrays.stream(LogSettings.Level.values())
        .filter(level -> name(level).equals(value))
        .findFirst()
        .orElseThrow(
            () ->
                new ControlException(
                    LOG_LEVEL
                        + ": expected one of "
                        + Arrays.stream(LogSettings.Level.values())
                            .map(LiveSettings::name)
                            .collect(Collectors.joining(", "))));
  }

  private static String name(LogSettings.Level level) {
    return level.name().toLowerCase(Locale.ROOT);
  }
}
