// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.config;

import io.sluicefs.spi.PluginSettings;
import io.sluicefs.spi.Setting;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * What the daemon logs and where.
 *
 * @param level the least that is logged
 * @param file where to; empty for the error stream in the foreground and a file beside the mount's
 *     state in the background
 * @param format how a line looks
 * @param operations where what Linux asks is logged; empty for nowhere
 * @param requests where what the store is asked is logged; empty for nowhere
 * @param journal the socket of journald that is sent every event too; empty for none
 * @param syslog the socket, or the address, of a syslog that is sent every event too; empty for
 *     none
 */
public record LogSettings(
    Level level,
    Optional<Path> file,
    Format format,
    Optional<Path> operations,
    Optional<Path> requests,
    Optional<Path> journal,
    Optional<String> syslog) {
  /** How a line looks. */
  public enum Format {
    /** For people. */
    TEXT,
    /** An object of JSON. */
    JSON
  }

  /** How much is logged, each with all before it. */
  public enum Level {
    /** What needs somebody to act. */
    ERROR,
    /** What may. */
    WARNING,
    /** What an operator wants to know afterwards. */
    INFO,
    /** What a developer wants to know. */
    DEBUG,
    /** Everything. */
    TRACE
  }

  private static final Setting<Level> LEVEL =
      Setting.choice("level", Level.class, "How much is logged.").withDefault("info").live();
  private static final Setting<Path> FILE =
      Setting.path(
          "file",
          "File to log to; the error stream in the foreground, otherwise a file beside the"
              + " mount's state, when not given.");

  private static final Setting<Format> FORMAT =
      Setting.choice("format", Format.class, "How a line of the log looks.").withDefault("text");
  private static final Setting<Path> OPERATIONS =
      Setting.path(
          "operations",
          "File for a line of JSON about each operation of Linux, names included; 16 MiB, and two"
              + " older ones beside it. Each read costs some microseconds more then.");
  private static final Setting<Path> REQUESTS =
      Setting.path(
          "requests",
          "File for a line of JSON about each request to the store, keys included; 16 MiB, and two"
              + " older ones beside it.");

  private static final Setting<Path> JOURNAL =
      Setting.path(
          "journal",
          "Socket of systemd-journald to log to as well, usually /run/systemd/journal/socket:"
              + " events have their level, and the mountpoint as the field SLUICE_MOUNTPOINT.");
  private static final Setting<String> SYSLOG =
      Setting.of(
          "syslog",
          "a socket such as /dev/log, or an address such as logs.example.com:514",
          "A syslog to log to as well, on this host or over UDP, as facility daemon.",
          LogSettings::syslog);

  private static String syslog(String text) {
    if (!text.matches("/.+|[^/:]+:[0-9]{1,5}")) {
      throw new IllegalArgumentException("neither a path nor an address");
    }
    return text;
  }

  /** The section. */
  public static final Section SECTION =
      new Section(
          "log",
          "What the daemon logs and where.",
          List.of(LEVEL, FILE, FORMAT, JOURNAL, SYSLOG, OPERATIONS, REQUESTS));

  /** Returns the values of the section's settings. */
  public static LogSettings of(PluginSettings settings) {
    return new LogSettings(
        settings.get(LEVEL),
        settings.find(FILE),
        settings.get(FORMAT),
        settings.find(OPERATIONS),
        settings.find(REQUESTS),
        settings.find(JOURNAL),
        settings.find(SYSLOG));
  }
}
