// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.mount;

import io.sluicefs.kernel.control.UnixDatagrams;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/**
 * Tells whoever has started the daemon as a service, systemd for one, which process that is; {@code
 * NOTIFY_SOCKET} says where.
 */
final class ServiceNotification {
  private static final System.Logger LOG = System.getLogger(ServiceNotification.class.getName());
  private static final String SOCKET = "NOTIFY_SOCKET";

  private ServiceNotification() {}

  /** Says that another process is the service from now on. */
  static void serviceIs(long process) {
    String socket = System.getenv(SOCKET);
    if (socket == null || socket.isEmpty()) {
      return;
    }
    if (!sent(socket, "MAINPID=" + process)) {
      LOG.log(
          System.Logger.Level.WARNING,
          "the service manager was not told at {0} that process {1} is the service",
          socket,
          process);
    }
  }

  private static boolean sent(String socket, String message) {
    try (UnixDatagrams datagrams = new UnixDatagrams(socket)) {
      return datagrams.send(message.getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      LOG.log(System.Logger.Level.DEBUG, "no datagram can be sent", e);
      return false;
    }
  }
}
