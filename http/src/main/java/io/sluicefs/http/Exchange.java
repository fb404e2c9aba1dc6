// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.http;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.regex.Pattern;

/** One request and its answer over one connection. */
abstract sealed class Exchange permits RangeExchange, BodyExchange, QueryExchange {
  private static final int MAX_INTERIM_ANSWERS = 16;

  /** Headers in which stores name a request, which their support asks for. */
  private static final List<String> REQUEST_IDS = List.of("x-amz-request-id", "x-oss-request-id");

  private static final Pattern INVISIBLE = Pattern.compile("[^\\x21-\\x7e]");

  private final Connection connection;
  private boolean answered;
  private boolean reusable;
  private String requestId = "";

  Exchange(Connection connection) {
    this.connection = connection;
  }

  /** Sends the request and reads the answer. */
  abstract void run(String userAgent) throws IOException;

  /** Returns how far it came, for errors: {@code 5 of 10 bytes read}. */
  abstract String progress();

  final Connection connection() {
    return connection;
  }

  /** Returns whether any byte of an answer came. */
  final boolean isAnswered() {
    return answered;
  }

  /** Returns whether the answer was read to its end and the server keeps the connection open. */
  final boolean isReusable() {
    return reusable;
  }

  private static String requestId(AnswerHead answer) {
    for (String name : REQUEST_IDS) {
      String id = answer.find(name);
      if (id != null) {
        // Nearly always so: a pattern would cost more than all else of a head.
        return id.chars().allMatch(Exchange::isVisible)
            ? id
            : INVISIBLE.matcher(id).replaceAll("?");
      }
    }
    return "";
  }

  private static boolean isVisible(int c) {
    return c >= '!' && c <= '~';
  }

  /**
   * Returns what the store calls the request, for the end of an error; empty if it does not say.
   */
  final String reference() {
    return requestId.isEmpty() ? "" : " [request id " + requestId + "]";
  }

  /** Notes that no more is read of the answer. */
  final void endAnswer(AnswerBody body, boolean keepsAlive) {
    reusable = body.isClean() && keepsAlive;
  }

  /** Reads to the head of the final answer; what follows it lies between position and limit. */
  final AnswerHead readHead() throws IOException {
    ByteBuffer head = connection.head();
    AnswerHead answer = connection.answer();
    head.clear();
    for (int interim = 0; interim < MAX_INTERIM_ANSWERS; interim++) {
      int end = answer.parse(head);
      while (end < 0) {
        readMoreHead(head);
        end = answer.parse(head);
      }
      int filled = head.position();
      if (answer.status() >= 200) {
        head.limit(filled).position(end);
        requestId = requestId(answer);
        return answer;
      }
      if (answer.status() == 101) {
        throw new MalformedAnswerException("the server switched to another protocol");
      }
      head.limit(filled).position(end);
      head.compact();
    }
    throw new MalformedAnswerException("the server sends interim answers only");
  }

  private void readMoreHead(ByteBuffer head) throws IOException {
    if (!head.hasRemaining()) {
      throw new MalformedAnswerException(
          "the answer's headers exceed " + Connection.MAX_HEAD + " bytes");
    }
    int count = connection.wire().read(head);
    if (count < 0) {
      throw new TruncatedAnswerException(
          answered
              ? "the connection ended within the answer's headers"
              : "the server closed the connection without an answer");
    }
    answered = true;
    connection.progressed(count);
  }

  /** Reads the beginning of a body, as far as it comes: its status says enough. */
  final String readTextAsFarAsItComes(AnswerBody body) throws IOException {
    ByteBuffer text = ByteBuffer.allocate(ErrorAnswer.MAX_BODY);
    try {
      fill(text, body);
    } catch (TruncatedAnswerException | MalformedAnswerException e) {
      // The body was only to explain the status.
    }
    return decoded(text);
  }

  /** Reads the beginning of a body. */
  final String readText(AnswerBody body) throws IOException {
    if (body.isEnded()) {
      return "";
    }
    ByteBuffer text = ByteBuffer.allocate(ErrorAnswer.MAX_BODY);
    fill(text, body);
    return decoded(text);
  }

  private void fill(ByteBuffer text, AnswerBody body) throws IOException {
    ByteBuffer[] target = {text};
    while (text.hasRemaining()) {
      long count = body.read(target, 0, text.remaining());
      if (count < 0) {
        return;
      }
      connection.progressed(count);
    }
  }

  private static String decoded(ByteBuffer text) {
    return StandardCharsets.UTF_8.decode(text.flip()).toString();
  }
}
