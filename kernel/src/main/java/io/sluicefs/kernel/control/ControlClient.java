// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.control;

import com.google.errorprone.annotations.MustBeClosed;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** Asks a mount on its socket. Not thread-safe. */
public final class ControlClient implements AutoCloseable {
  private final SocketChannel channel;

  private ControlClient(SocketChannel channel) {
    this.channel = channel;
  }

  /**
   * Connects.
   *
   * @throws ControlException if nobody answers there, or only to somebody else
   */
  @MustBeClosed
  @SuppressWarnings("MustBeClosedChecker") // the client owns it
  public static ControlClient connect(Path socket) throws ControlException {
    try {
      return new ControlClient(SocketChannel.open(UnixDomainSocketAddress.of(socket)));
    } catch (IOException e) {
      throw new ControlException(socket + ": the mount does not answer: " + e.getMessage(), e);
    }
  }

  /**
   * Asks and waits for the answer.
   *
   * @param arguments of the verb
   * @throws ControlException if the mount cannot answer, or is gone
   */
  public Map<String, Object> ask(String verb, Map<String, ?> arguments) throws ControlException {
    Map<String, Object> question = new LinkedHashMap<>(arguments);
    question.put("verb", verb);
    Map<String, Object> answer;
    try {
      Frames.write(channel, question);
      answer = Frames.read(channel, Frames.MOST_ANSWERED);
    } catch (ControlException e) {
      throw e;
    } catch (IOException e) {
      throw new ControlException("the mount ended before it answered", e);
    }
    if (Boolean.TRUE.equals(answer.get("ok")) && answer.get("result") instanceof Map<?, ?> result) {
      Map<String, Object> copy = new LinkedHashMap<>();
      result.forEach((name, value) -> copy.put((String) name, value));
      return copy;
    }
    throw new ControlException(String.valueOf(answer.get("error")));
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException("cannot close a socket", e);
    }
  }
}
