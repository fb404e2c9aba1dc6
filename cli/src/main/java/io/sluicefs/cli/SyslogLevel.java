// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cli;

import ch.qos.logback.classic.Level;

/** Levels as syslog and journald number them. */
final class SyslogLevel {
  private static final int ERROR = 3;
  private static final int WARNING = 4;
  private static final int INFORMATION = 6;
  private static final int DEBUG = 7;

  private SyslogLevel() {}

  static int of(Level level) {
    return switch (level.toInt()) {
      case Level.ERROR_INT -> ERROR;
      case Level.WARN_INT -> WARNING;
      case Level.INFO_INT -> INFORMATION;
      default -> DEBUG;
    };
  }
}
