// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.http;

import io.sluicefs.spi.ByteRange;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import io.sluicefs.spi.transport.ReadProgress;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One request and its answer over one connection. */
final class Exchange {
  private static final int MAX_INTERIM_ANSWERS = 16;

  private final RangeRequest request;
  private final TargetBuffers target;
  private final ReadProgress progress;
  private final ErrorAnswers errors;
  private final Connection connection;
  private boolean answered;
  private boolean reusable;

  Exchange(
      RangeRequest request,
      TargetBuffers target,
      ReadProgress progress,
      ErrorAnswers errors,
      Connection connection) {
    this.request = request;
    this.target = target;
    this.progress = progress;
    this.errors = errors;
    this.connection = connection;
  }

  /** Returns whether any byte of an answer came. */
  boolean isAnswered() {
    return answered;
  }

  /** Returns whether the answer was read to its end and the server keeps the connection open. */
  boolean isReusable() {
    return reusable;
  }

  void run(String userAgent) throws IOException {
    ByteBuffer head = connection.head();
    RequestHead.write(request, userAgent, head);
    connection.wire().write(head);
    AnswerHead answer = readHead();
    // The body may be read through the buffer the head is in: what is needed of it comes first.
    boolean keepsAlive = answer.keepsAlive();
    AnswerBody body = AnswerBody.of(answer, connection.wire(), head);
    int status = answer.status();
    if (status == 200 || status == 206) {
      checkVersion(answer);
      checkRange(answer, body);
      readRange(body);
      reusable = body.isClean() && keepsAlive;
    } else {
      Map<String, String> headers = answer.all();
      String text = readText(body);
      reusable = body.isClean() && keepsAlive;
      throw errors.toException(request, new ErrorAnswer(status, headers, text));
    }
  }

  /** Reads to the head of the final answer; what follows it lies between position and limit. */
  private AnswerHead readHead() throws IOException {
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

  private void checkVersion(AnswerHead answer) throws IOException {
    String etag = answer.find("etag");
    if (etag == null) {
      throw new MalformedAnswerException("the answer has no ETag");
    }
    if (!unquoted(etag).equals(request.etag())) {
      throw new StorageException(
          Kind.PRECONDITION_FAILED,
          "%s: the object is another version now: etag %s, not %s"
              .formatted(request.description(), unquoted(etag), request.etag()));
    }
  }

  private static String unquoted(String etag) {
    return etag.length() >= 2 && etag.startsWith("\"") && etag.endsWith("\"")
        ? etag.substring(1, etag.length() - 1)
        : etag;
  }

  private void checkRange(AnswerHead answer, AnswerBody body) throws IOException {
    ByteRange asked = request.range();
    if (answer.status() == 200) {
      // The whole object: right only if that is what was asked for.
      if (asked.start() != 0) {
        throw new MalformedAnswerException("the server ignored the range " + asked);
      }
    } else {
      String value = answer.find("content-range");
      ByteRange range = value == null ? null : ContentRange.parse(value);
      if (!asked.equals(range)) {
        throw new MalformedAnswerException(
            "asked for bytes %s, the answer holds %s".formatted(asked, described(range, value)));
      }
    }
    long length = body.length();
    if (length >= 0 && length != asked.length()) {
      throw new MalformedAnswerException(
          "asked for %d bytes, the answer has %d".formatted(asked.length(), length));
    }
  }

  private static String described(@Nullable ByteRange range, @Nullable String value) {
    if (range != null) {
      return range.toString();
    }
    return value == null ? "no Content-Range" : "Content-Range '" + value + "'";
  }

  private void readRange(AnswerBody body) throws IOException {
    while (!target.isFull()) {
      long count = target.readFrom(body);
      if (count < 0) {
        throw new MalformedAnswerException(
            "the answer ends after %d of %d bytes".formatted(target.filled(), target.length()));
      }
      connection.progressed(count);
      // An answer of unknown length may turn out too long: its last bytes are good at its end only.
      if (body.isEnded() || !target.isFull()) {
        progress.filled(target.filled());
      }
    }
    if (!body.isEnded()) {
      if (body.skip() > 0) {
        throw new MalformedAnswerException(
            "the answer is longer than the %d bytes asked for".formatted(target.length()));
      }
      progress.filled(target.filled());
    }
  }

  /** Reads the beginning of an error's body, as far as it comes. */
  private String readText(AnswerBody body) throws IOException {
    ByteBuffer[] text = {ByteBuffer.allocate(ErrorAnswer.MAX_BODY)};
    try {
      while (text[0].hasRemaining()) {
        long count = body.read(text, 0, text[0].remaining());
        if (count < 0) {
          break;
        }
        connection.progressed(count);
      }
    } catch (TruncatedAnswerException | MalformedAnswerException e) {
      // The status says enough; the body was only to explain it.
    }
    return new String(text[0].array(), 0, text[0].position(), StandardCharsets.UTF_8);
  }
}
