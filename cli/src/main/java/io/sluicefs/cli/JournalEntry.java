// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cli;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.function.Function;

/**
 * Events in the native protocol of systemd-journald: a line for each field, or the name, the length
 * and the bytes of one that has lines of its own. Which unit and which process it is of Linux tells
 * journald. Own code because the library for it, log4j-systemd-journal, needs JNA for one sendto.
 */
final class JournalEntry implements Function<ILoggingEvent, byte[]> {
  /** A datagram has to fit the buffer of the socket, which is some 200 KiB. */
  private static final int MOST = 32 << 10;

  private final String mountpoint;

  JournalEntry(String mountpoint) {
    this.mountpoint = mountpoint;
  }

  @Override
  public byte[] apply(ILoggingEvent event) {
    ByteArrayOutputStream entry = new ByteArrayOutputStream();
    add(entry, "PRIORITY", String.valueOf(SyslogLevel.of(event.getLevel())));
    add(entry, "SYSLOG_IDENTIFIER", "sluice");
    add(entry, "SLUICE_MOUNTPOINT", mountpoint);
    add(entry, "LOGGER", event.getLoggerName());
    add(entry, "MESSAGE", event.getFormattedMessage());
    if (event.getThrowableProxy() != null) {
      add(entry, "EXCEPTION", ThrowableProxyUtil.asString(event.getThrowableProxy()));
    }
    return entry.toByteArray();
  }

  private static void add(ByteArrayOutputStream entry, String field, String value) {
    byte[] bytes =
        (value.length() > MOST ? value.substring(0, MOST) : value).getBytes(StandardCharsets.UTF_8);
    entry.writeBytes(field.getBytes(StandardCharsets.US_ASCII));
    if (value.indexOf('\n') < 0) {
      entry.write('=');
    } else {
      entry.write('\n');
      entry.writeBytes(
          ByteBuffer.allocate(Long.BYTES)
              .order(ByteOrder.LITTLE_ENDIAN)
              .putLong(bytes.length)
              .array());
    }
    entry.writeBytes(bytes);
    entry.write('\n');
  }
}
