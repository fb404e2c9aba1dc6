// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.http;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One body and the answer to it over one connection. */
final class BodyExchange extends Exchange {
  private final BodyRequest request;
  private final ErrorAnswers errors;
  private final Duration answerTimeout;
  private final long length;
  private @Nullable SourceBuffers source;
  private @Nullable Receipt receipt;

  BodyExchange(
      BodyRequest request, ErrorAnswers errors, Duration answerTimeout, Connection connection) {
    super(connection);
    this.request = request;
    this.errors = errors;
    this.answerTimeout = answerTimeout;
    this.length = request.body().length();
  }

  /** Returns the answer, once {@link #run} has returned. */
  Receipt receipt() {
    if (receipt == null) {
      throw new IllegalStateException("no answer yet to " + request);
    }
    return receipt;
  }

  @Override
  String progress() {
    long sent = source == null ? 0 : source.sent();
    return "%d of %d bytes sent".formatted(sent, length);
  }

  @Override
  void run(String userAgent) throws IOException {
    ByteBuffer head = connection().head();
    RequestHead.write(request, length, userAgent, head);
    IOException broken = send(new SourceBuffers(head, request.body()));
    connection().watch(answerTimeout);
    AnswerHead answer;
    try {
      answer = readHead();
    } catch (IOException e) {
      if (broken != null) {
        broken.addSuppressed(e);
        throw broken;
      }
      throw e;
    }
    boolean keepsAlive = answer.keepsAlive() && broken == null;
    AnswerBody body = AnswerBody.of(answer, connection().wire(), head);
    int status = answer.status();
    Map<String, String> headers = answer.all();
    if (status >= 200 && status < 300) {
      if (broken != null) {
        throw broken;
      }
      // What the store says of a body it took counts only as a whole.
      String text = readText(body);
      receipt = new Receipt(status, headers, text);
      endAnswer(body, keepsAlive);
    } else {
      String text = readTextAsFarAsItComes(body);
      endAnswer(body, keepsAlive);
      throw errors.toException(request, new ErrorAnswer(status, headers, text));
    }
  }

  /**
   * Writes head and body. A server that refuses a request may say so and close before it has read
   * the body: a broken connection may still hold an answer.
   *
   * @return what broke the connection, or null if all is sent
   */
  private @Nullable IOException send(SourceBuffers all) throws IOException {
    source = all;
    try {
      while (!all.isSent()) {
        connection().progressed(all.writeTo(connection().wire()));
      }
      return null;
    } catch (IOException e) {
      if (!connection().channel().isOpen()) {
        throw e;
      }
      return e;
    }
  }
}
