// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cli;

import ch.qos.logback.classic.spi.ILoggingEvent;
import java.nio.charset.StandardCharsets;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.function.Function;

/** Events as syslogs of this host take them: RFC 3164 without the name of the host. */
final class SyslogLine implements Function<ILoggingEvent, byte[]> {
  private static final int DAEMON = 3 << 3;
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("MMM ppd HH:mm:ss", Locale.ROOT).withZone(ZoneId.systemDefault());

  @Override
  public byte[] apply(ILoggingEvent event) {
    return "<%d>%s sluice[%d]: %s"
        .formatted(
            DAEMON | SyslogLevel.of(event.getLevel()),
            TIME.format(event.getInstant()),
            ProcessHandle.current().pid(),
            event.getFormattedMessage().replaceAll("\\p{Cc}", "?"))
        .getBytes(StandardCharsets.UTF_8);
  }
}
