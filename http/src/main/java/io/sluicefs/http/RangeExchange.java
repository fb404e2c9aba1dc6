// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.http;

import io.sluicefs.spi.ByteRange;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import io.sluicefs.spi.transport.ReadProgress;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The request of a range and its answer over one connection. */
final class RangeExchange extends Exchange {
  private final RangeRequest request;
  private final TargetBuffers target;
  private final ReadProgress progress;
  private final ErrorAnswers errors;

  RangeExchange(
      RangeRequest request,
      TargetBuffers target,
      ReadProgress progress,
      ErrorAnswers errors,
      Connection connection) {
    super(connection);
    this.request = request;
    this.target = target;
    this.progress = progress;
    this.errors = errors;
  }

  @Override
  String progress() {
    return "%d of %d bytes read".formatted(target.filled(), target.length());
  }

  @Override
  void run(String userAgent) throws IOException {
    ByteBuffer head = connection().head();
    RequestHead.write(request, userAgent, head);
    connection().wire().write(head);
    AnswerHead answer = readHead();
    // The body may be read through the buffer the head is in: what is needed of it comes first.
    boolean keepsAlive = answer.keepsAlive();
    AnswerBody body = AnswerBody.of(answer, connection().wire(), head);
    int status = answer.status();
    if (status == 200 || status == 206) {
      checkVersion(answer);
      checkRange(answer, body);
      readRange(body);
      endAnswer(body, keepsAlive);
    } else {
      Map<String, String> headers = answer.all();
      String text = readTextAsFarAsItComes(body);
      endAnswer(body, keepsAlive);
      throw errors.toException(request, new ErrorAnswer(status, headers, text));
    }
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
      connection().progressed(count);
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
}
