// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.http;

import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One query and the answer to it over one connection. */
final class QueryExchange extends Exchange {
  private static final int LEAST_ROOM = 8 << 10;

  /** Most that is believed of the length an answer tells. */
  private static final int MOST_ROOM = 1 << 20;

  /** Most bytes of one write of a document, so that a slow line shows progress. */
  private static final int MOST_AT_ONCE = 64 << 10;

  private final QueryRequest request;
  private final ErrorAnswers errors;
  private final Duration pause;
  private final @Nullable Duration whole;
  private final long start = System.nanoTime();
  private final int limit;
  private int read;
  private @Nullable Answer answer;

  /**
   * @param pause longest wait for progress of the answer
   * @param whole longest wait for all of it, where every byte is progress; null for any
   * @param limit most bytes of a body
   */
  QueryExchange(
      QueryRequest request,
      ErrorAnswers errors,
      Duration pause,
      @Nullable Duration whole,
      int limit,
      Connection connection) {
    super(connection);
    this.request = request;
    this.errors = errors;
    this.pause = pause;
    this.whole = whole;
    this.limit = limit;
  }

  /** Returns the answer, once {@link #run} has returned. */
  Answer answer() {
    if (answer == null) {
      throw new IllegalStateException("no answer yet to " + request);
    }
    return answer;
  }

  @Override
  String progress() {
    return "%d bytes of the answer read".formatted(read);
  }

  @Override
  void run(String userAgent) throws IOException {
    ByteBuffer head = connection().head();
    RequestHead.write(request, userAgent, head);
    connection().watch(whole == null || pause.compareTo(whole) < 0 ? pause : whole);
    connection().wire().write(head);
    send(request.document());
    AnswerHead answerHead = readHead();
    heard(0);
    boolean keepsAlive = answerHead.keepsAlive();
    int status = answerHead.status();
    Map<String, String> headers = answerHead.all();
    AnswerBody body =
        request.method() == QueryRequest.Method.HEAD
            ? AnswerBody.none(connection().wire(), head)
            : AnswerBody.of(answerHead, connection().wire(), head);
    if (status >= 200 && status < 300) {
      answer = new Answer(headers, readAll(body));
      endAnswer(body, keepsAlive);
    } else {
      String text = readTextAsFarAsItComes(body);
      endAnswer(body, keepsAlive);
      throw errors.toException(request, new ErrorAnswer(status, headers, text));
    }
  }

  private void send(byte[] document) throws IOException {
    for (int at = 0; at < document.length; at += MOST_AT_ONCE) {
      int length = Math.min(MOST_AT_ONCE, document.length - at);
      connection().wire().write(ByteBuffer.wrap(document, at, length));
      connection().progressed(length);
    }
  }

  private void heard(long bytes) throws IOException {
    if (whole == null) {
      connection().progressed(bytes);
      return;
    }
    Duration left = whole.minusNanos(System.nanoTime() - start);
    if (!left.isPositive()) {
      throw new SocketTimeoutException("no whole answer in " + whole.toMillis() + " ms");
    }
    connection().watch(pause.compareTo(left) < 0 ? pause : left);
  }

  private byte[] readAll(AnswerBody body) throws IOException {
    byte[] bytes = new byte[Math.clamp(body.length(), 0, MOST_ROOM)];
    while (!body.isEnded()) {
      if (read == bytes.length) {
        bytes = Arrays.copyOf(bytes, Math.clamp(2L * read, LEAST_ROOM, limit + 1));
      }
      ByteBuffer[] room = {ByteBuffer.wrap(bytes, read, bytes.length - read)};
      long count = body.read(room, 0, room[0].remaining());
      if (count < 0) {
        break;
      }
      read += (int) count;
      heard(count);
      if (read > limit) {
        throw new MalformedAnswerException("the answer exceeds " + limit + " bytes");
      }
    }
    return Arrays.copyOf(bytes, read);
  }
}
