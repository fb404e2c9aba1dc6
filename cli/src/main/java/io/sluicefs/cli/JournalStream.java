// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cli;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.encoder.Encoder;
import ch.qos.logback.core.encoder.EncoderBase;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Puts the level before each line, as journald understands it of what a unit prints: {@code <4>}.
 */
final class JournalStream extends EncoderBase<ILoggingEvent> {
  private final Encoder<ILoggingEvent> inner;

  JournalStream(Encoder<ILoggingEvent> inner) {
    this.inner = inner;
  }

  /**
   * Returns whether the error stream of this process leads to journald: systemd says so by its
   * device and inode, so that nobody takes a file somebody redirected it to for the journal.
   */
  static boolean isErrorStream() {
    String stream = System.getenv("JOURNAL_STREAM");
    if (stream == null) {
      return false;
    }
    try {
      Path error = Path.of("/proc/self/fd/2");
      return stream.equals(
          Files.getAttribute(error, "unix:dev") + ":" + Files.getAttribute(error, "unix:ino"));
    } catch (IOException e) {
      return false;
    }
  }

  @Override
  public byte[] headerBytes() {
    return inner.headerBytes();
  }

  @Override
  public byte[] encode(ILoggingEvent event) {
    String text = new String(inner.encode(event), StandardCharsets.UTF_8);
    return text.replaceAll("(?m)^(?=.)", "<" + SyslogLevel.of(event.getLevel()) + ">")
        .getBytes(StandardCharsets.UTF_8);
  }

  @Override
  public byte[] footerBytes() {
    return inner.footerBytes();
  }

  @Override
  public void start() {
    inner.start();
    super.start();
  }
}
