// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.http;

import io.sluicefs.spi.ByteRange;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import io.sluicefs.spi.transport.ReadProgress;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The request of a range and its answer over one connection. */
final class RangeExchange extends Exchange {
  private final RangeRequest request;
  private final @Nullable ObjectChecksum checksum;
  private final TargetBuffers target;
  private final ReadProgress progress;
  private final ErrorAnswers errors;

  RangeExchange(
      RangeRequest request,
      @Nullable ObjectChecksum checksum,
      TargetBuffers target,
      ReadProgress progress,
      ErrorAnswers errors,
      Connection connection) {
    super(connection);
    this.request = request;
    this.checksum = checksum;
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
      Long told = checksum == null || !isWhole(answer) ? null : checksum.told(answer);
      if (checksum == null || told == null) {
        readRange(body, progress);
        endAnswer(body, keepsAlive);
      } else {
        MemorySegment[] bytes = target.unfilled();
        readRange(body, new FirstBytes(progress));
        endAnswer(body, keepsAlive);
        compare(checksum.of(bytes), told);
        progress.filled(target.filled());
      }
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
          "%s: the object is another version now: etag %s, not %s%s"
              .formatted(request.description(), unquoted(etag), request.etag(), reference()));
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

  private boolean isWhole(AnswerHead answer) {
    ByteRange asked = request.range();
    if (asked.start() != 0 || answer.status() == 200) {
      return asked.start() == 0;
    }
    String value = answer.find("content-range");
    return value != null && ContentRange.objectSize(value) == asked.end();
  }

  private void compare(long computed, long told) throws StorageException {
    if (computed != told) {
      throw new StorageException(
          Kind.CORRUPT,
          "%s: the bytes that came are not those the store has: CRC-64 %s, not %s, of etag %s%s"
              .formatted(
                  request.description(),
                  Long.toUnsignedString(computed),
                  Long.toUnsignedString(told),
                  request.etag(),
                  reference()));
    }
  }

  private static String described(@Nullable ByteRange range, @Nullable String value) {
    if (range != null) {
      return range.toString();
    }
    return value == null ? "no Content-Range" : "Content-Range '" + value + "'";
  }

  private void readRange(AnswerBody body, ReadProgress good) throws IOException {
    while (!target.isFull()) {
      long count = target.readFrom(body);
      if (count < 0) {
        throw new MalformedAnswerException(
            "the answer ends after %d of %d bytes".formatted(target.filled(), target.length()));
      }
      connection().progressed(count);
      // An answer of unknown length may turn out too long: its last bytes are good at its end only.
      if (body.isEnded() || !target.isFull()) {
        good.filled(target.filled());
      }
    }
    if (!body.isEnded()) {
      if (body.skip() > 0) {
        throw new MalformedAnswerException(
            "the answer is longer than the %d bytes asked for".formatted(target.length()));
      }
      good.filled(target.filled());
    }
  }

  /** Tells whoever waits for a first byte that it came, while none is known to be good. */
  private static final class FirstBytes implements ReadProgress {
    private final ReadProgress progress;
    private boolean came;

    FirstBytes(ReadProgress progress) {
      this.progress = progress;
    }

    @Override
    public void filled(long bytes) {
      if (!came) {
        came = true;
        progress.filled(0);
      }
    }
  }
}
