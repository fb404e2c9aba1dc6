// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.control;

import com.google.errorprone.annotations.MustBeClosed;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import jdk.net.ExtendedSocketOptions;

/**
 * The socket of a mount, which its owner and root may connect to: the file says so, and Linux is
 * asked who it is. A question is {@code {"verb":"stats",…}}, an answer {@code
 * {"ok":true,"result":{…}}} or {@code {"ok":false,"error":"…"}}; a connection takes one after the
 * other.
 */
public final class ControlSocket implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(ControlSocket.class.getName());

  /** By number, which is taken where no user has it as a name. */
  private static final String ROOT = "0";

  private final Path path;
  private final ServerSocketChannel server;
  private final Map<String, ControlVerb> verbs;
  private final Set<SocketChannel> connections = ConcurrentHashMap.newKeySet();

  private ControlSocket(Path path, ServerSocketChannel server, Map<String, ControlVerb> verbs) {
    this.path = path;
    this.server = server;
    this.verbs = verbs;
  }

  /**
   * Listens.
   *
   * @param path of the socket, in a folder of this user alone; one that a dead process left is
   *     replaced
   * @param verbs by name; may get more while it listens, thread-safe
   * @throws IOException if the path is too long for a socket, or cannot be written
   */
  @MustBeClosed
  @SuppressWarnings("MustBeClosedChecker") // the socket owns it, or it is closed here
  public static ControlSocket open(Path path, Map<String, ControlVerb> verbs) throws IOException {
    Files.deleteIfExists(path);
    ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    try {
      server.bind(UnixDomainSocketAddress.of(path));
      Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-------"));
    } catch (IOException | RuntimeException e) {
      server.close();
      throw e;
    }
    ControlSocket socket = new ControlSocket(path, server, verbs);
    Thread.ofPlatform().name("sluice-control").daemon().start(socket::accept);
    return socket;
  }

  private void accept() {
    while (server.isOpen()) {
      try {
        SocketChannel connection = server.accept();
        connections.add(connection);
        Thread.ofVirtual().name("sluice-control").start(() -> serve(connection));
      } catch (ClosedChannelException e) {
        return;
      } catch (IOException e) {
        LOG.log(System.Logger.Level.WARNING, "the control socket " + path + " ended", e);
        return;
      }
    }
  }

  private void serve(SocketChannel connection) {
    try (connection) {
      if (!mayAsk(connection.getOption(ExtendedSocketOptions.SO_PEERCRED).user())) {
        LOG.log(System.Logger.Level.WARNING, "refused another user at the control socket");
        return;
      }
      while (true) {
        Frames.write(connection, answer(Frames.read(connection, Frames.MOST_ASKED)));
      }
    } catch (IOException e) {
      // Whoever asked has left.
      LOG.log(System.Logger.Level.TRACE, "a connection to the control socket ended", e);
    } finally {
      connections.remove(connection);
    }
  }

  /** Root may do with the process what it likes anyway. */
  private boolean mayAsk(UserPrincipal user) throws IOException {
    return user.equals(Files.getOwner(path))
        || user.equals(
            path.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByName(ROOT));
  }

  private Map<String, ?> answer(Map<String, Object> question) {
    String name = String.valueOf(question.get("verb"));
    ControlVerb verb = verbs.get(name);
    if (verb == null) {
      return failure("this mount knows no " + name + "; it is of another release of Sluice");
    }
    try {
      return Map.of("ok", true, "result", verb.answer(question));
    } catch (ControlException e) {
      return failure(String.valueOf(e.getMessage()));
    } catch (RuntimeException e) {
      LOG.log(System.Logger.Level.WARNING, "cannot answer " + name, e);
      return failure("the mount failed to answer: " + e);
    }
  }

  private static Map<String, ?> failure(String error) {
    return Map.of("ok", false, "error", error);
  }

  /** Ends all connections and removes the file. Idempotent. */
  @Override
  public void close() {
    try {
      if (server.isOpen()) {
        // Before the next owner of the name can make his.
        Files.deleteIfExists(path);
        server.close();
      }
      for (SocketChannel connection : connections) {
        connection.close();
      }
    } catch (IOException e) {
      LOG.log(System.Logger.Level.WARNING, "cannot close the control socket " + path, e);
    }
  }
}
