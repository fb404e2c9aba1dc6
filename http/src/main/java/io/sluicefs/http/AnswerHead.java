// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.http;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The status line and header fields of an answer, read in place from the buffer they arrived in:
 * valid until that buffer is written to. One instance serves every answer of a connection. It takes
 * bare LF line ends, folded values and lines without a colon, as real servers and proxies send
 * them; what frames the body it takes only when it is beyond doubt.
 */
final class AnswerHead {
  private static final byte[] MAGIC = {'H', 'T', 'T', 'P', '/', '1', '.'};

  /** "HTTP/1.1 206" is the shortest status line. */
  private static final int SHORTEST_STATUS_LINE = 12;

  private ByteBuffer buffer = ByteBuffer.allocate(0);
  private int status;
  private boolean http10;
  private int count;
  private int[] nameStarts = new int[32];
  private int[] nameEnds = new int[32];
  private int[] valueStarts = new int[32];
  private int[] valueEnds = new int[32];

  /**
   * Reads the head of an answer from what lies in front of {@code source}'s position.
   *
   * @return where the head ends, or -1 while it has not all arrived
   */
  int parse(ByteBuffer source) throws MalformedAnswerException {
    buffer = source;
    int filled = source.position();
    for (int i = 0; i < Math.min(filled, MAGIC.length); i++) {
      if (source.get(i) != MAGIC[i]) {
        throw new MalformedAnswerException("the answer is not HTTP/1");
      }
    }
    int end = endOfHead(filled);
    if (end < 0) {
      return -1;
    }
    int line = parseStatusLine();
    count = 0;
    while (line < end) {
      int next = endOfLine(line, end);
      parseField(line, next);
      line = next;
    }
    return end;
  }

  /** The head ends after the first empty line. */
  private int endOfHead(int filled) {
    boolean lineIsEmpty = false;
    for (int i = 0; i < filled; i++) {
      byte b = buffer.get(i);
      if (b == '\n') {
        if (lineIsEmpty) {
          return i + 1;
        }
        lineIsEmpty = true;
      } else if (b != '\r') {
        lineIsEmpty = false;
      }
    }
    return -1;
  }

  private int endOfLine(int start, int end) {
    int i = start;
    while (i < end && buffer.get(i) != '\n') {
      i++;
    }
    return Math.min(i + 1, end);
  }

  private int parseStatusLine() throws MalformedAnswerException {
    int next = endOfLine(0, buffer.position());
    if (next <= SHORTEST_STATUS_LINE || buffer.get(8) != ' ') {
      throw new MalformedAnswerException("the answer has no status line");
    }
    http10 = buffer.get(7) == '0';
    status = 0;
    for (int i = 9; i < SHORTEST_STATUS_LINE; i++) {
      int digit = buffer.get(i) - '0';
      if (digit < 0 || digit > 9) {
        throw new MalformedAnswerException("the answer's status is not a number");
      }
      status = status * 10 + digit;
    }
    byte after = buffer.get(SHORTEST_STATUS_LINE);
    if (status < 100 || (after != ' ' && after != '\r' && after != '\n')) {
      throw new MalformedAnswerException("the answer's status is not a number of three digits");
    }
    return next;
  }

  private void parseField(int start, int next) {
    int end = trimEnd(start, next);
    if (start == end) {
      return;
    }
    if (isBlank(buffer.get(start))) {
      if (count > 0) {
        valueEnds[count - 1] = end;
      }
      return;
    }
    int colon = start;
    while (colon < end && buffer.get(colon) != ':') {
      colon++;
    }
    if (colon == end) {
      return;
    }
    if (count == nameStarts.length) {
      grow();
    }
    nameStarts[count] = start;
    nameEnds[count] = trimEnd(start, colon);
    valueStarts[count] = trimStart(colon + 1, end);
    valueEnds[count] = end;
    count++;
  }

  private void grow() {
    int capacity = count * 2;
    nameStarts = Arrays.copyOf(nameStarts, capacity);
    nameEnds = Arrays.copyOf(nameEnds, capacity);
    valueStarts = Arrays.copyOf(valueStarts, capacity);
    valueEnds = Arrays.copyOf(valueEnds, capacity);
  }

  private int trimStart(int start, int end) {
    int i = start;
    while (i < end && isBlank(buffer.get(i))) {
      i++;
    }
    return i;
  }

  private int trimEnd(int start, int end) {
    int i = end;
    while (i > start && isBlank(buffer.get(i - 1))) {
      i--;
    }
    return i;
  }

  private static boolean isBlank(byte b) {
    return b == ' ' || b == '\t' || b == '\r' || b == '\n';
  }

  int status() {
    return status;
  }

  /** Returns the first value of a header, or null when there is none. */
  @Nullable String find(String lowerCaseName) {
    int field = indexOf(lowerCaseName, 0);
    return field < 0 ? null : value(field);
  }

  /** Returns the first value of every header, by name in lower case. */
  Map<String, String> all() {
    Map<String, String> all = new HashMap<>();
    for (int i = 0; i < count; i++) {
      all.putIfAbsent(text(nameStarts[i], nameEnds[i]).toLowerCase(Locale.ROOT), value(i));
    }
    return all;
  }

  /**
   * Returns the length of the body, -1 when none is given.
   *
   * @throws MalformedAnswerException if it is no number, or several that differ
   */
  long contentLength() throws MalformedAnswerException {
    long length = -1;
    for (int i = indexOf("content-length", 0); i >= 0; i = indexOf("content-length", i + 1)) {
      String value = value(i);
      for (int start = 0; start <= value.length(); ) {
        int comma = value.indexOf(',', start);
        int end = comma < 0 ? value.length() : comma;
        long one = Numbers.parse(value.substring(start, end).strip());
        if (one < 0 || (length >= 0 && one != length)) {
          throw new MalformedAnswerException("the answer's Content-Length makes no sense");
        }
        length = one;
        start = end + 1;
      }
    }
    return length;
  }

  /**
   * Returns whether the body comes in chunks.
   *
   * @throws MalformedAnswerException if it comes in any other coding
   */
  boolean isChunked() throws MalformedAnswerException {
    boolean chunked = false;
    for (int i = indexOf("transfer-encoding", 0); i >= 0; i = indexOf("transfer-encoding", i + 1)) {
      String value = value(i);
      if (value.equalsIgnoreCase("chunked") && !chunked) {
        chunked = true;
      } else if (!value.equalsIgnoreCase("identity")) {
        throw new MalformedAnswerException(
            "the answer's Transfer-Encoding is neither chunked nor identity");
      }
    }
    return chunked;
  }

  /** Returns whether the connection may serve another request. */
  boolean keepsAlive() throws MalformedAnswerException {
    if (isChunked() && contentLength() >= 0) {
      return false; // two framings at once: what follows is anybody's guess
    }
    boolean keeps = !http10;
    for (int i = indexOf("connection", 0); i >= 0; i = indexOf("connection", i + 1)) {
      String value = value(i).toLowerCase(Locale.ROOT);
      if (value.contains("close")) {
        return false;
      }
      keeps |= value.contains("keep-alive");
    }
    return keeps;
  }

  private int indexOf(String lowerCaseName, int from) {
    for (int i = from; i < count; i++) {
      if (nameEnds[i] - nameStarts[i] == lowerCaseName.length() && isNamed(i, lowerCaseName)) {
        return i;
      }
    }
    return -1;
  }

  private boolean isNamed(int field, String lowerCaseName) {
    int start = nameStarts[field];
    for (int i = 0; i < lowerCaseName.length(); i++) {
      int b = buffer.get(start + i);
      int lower = b >= 'A' && b <= 'Z' ? b + ('a' - 'A') : b;
      if (lower != lowerCaseName.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  private String value(int field) {
    String value = text(valueStarts[field], valueEnds[field]);
    return value.indexOf('\n') < 0 ? value : value.replaceAll("\\s*\\r?\\n\\s*", " ");
  }

  private String text(int start, int end) {
    char[] characters = new char[end - start];
    for (int i = 0; i < characters.length; i++) {
      characters[i] = (char) (buffer.get(start + i) & 0xff);
    }
    return new String(characters);
  }
}
