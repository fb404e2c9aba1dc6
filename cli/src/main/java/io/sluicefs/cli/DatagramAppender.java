// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cli;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import io.sluicefs.kernel.control.UnixDatagrams;
import java.io.IOException;
import java.nio.file.Path;
import java.util.function.Function;

/**
 * Sends each event to a socket of this host. One that nobody takes is lost: logging never waits.
 */
final class DatagramAppender extends AppenderBase<ILoggingEvent> {
  private final UnixDatagrams socket;
  private final Function<ILoggingEvent, byte[]> format;

  /**
   * @param target path of the socket
   * @param format of a datagram
   */
  DatagramAppender(Path target, Function<ILoggingEvent, byte[]> format) throws IOException {
    this.socket = new UnixDatagrams(target.toString());
    this.format = format;
  }

  @Override
  protected void append(ILoggingEvent event) {
    boolean _ = socket.offer(format.apply(event));
  }

  @Override
  public void stop() {
    if (isStarted()) {
      super.stop();
      socket.close();
    }
  }
}
