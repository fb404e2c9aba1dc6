// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.emulator;

import java.util.Locale;

/**
 * What goes wrong with one request.
 *
 * @param effect how it goes wrong
 * @param status of the answer where the effect gives one
 * @param code the store's word for the error where the effect gives one
 * @param at byte of the body at which it happens; less than 0 = before the answer's head
 * @param bytesPerSecond of the answer's body; 0 = as fast as the socket takes them
 * @param milliseconds the answer waits; 0 = for ever, where the effect is a stall
 * @param name of a header, a media type, or what is looked for, as the effect says
 * @param text a header's value, a body, an address, or what is put instead, as the effect says
 */
public record Fault(
    Effect effect,
    int status,
    String code,
    long at,
    long bytesPerSecond,
    long milliseconds,
    String name,
    String text) {
  /** Stands for the time before the first byte of the answer. */
  public static final long BEFORE_HEAD = -1;

  /** How a request goes wrong. */
  public enum Effect {
    /** It is carried out, and the connection is closed without an answer. */
    DROP_ANSWER,
    /** It is answered with an error, with one more header if a name is given; not carried out. */
    REFUSE,
    /**
     * It is not carried out, and the error comes in an answer of status 200, as it does from stores
     * that find out what is wrong after they have begun to answer.
     */
    FAIL_LATE,
    /**
     * A bit of the body that is sent to the store changes on the way; without one, of the answer's.
     */
    FLIP_BIT,
    /**
     * The connection is reset: before the answer, the request not carried out; or at a byte of the
     * answer's body, of the request's where an object or a part is sent.
     */
    RESET,
    /**
     * The connection is closed in order, at a byte of the answer's body that was promised whole.
     */
    CUT,
    /** The answer ends at a byte, and says that this is its length; its range is as asked. */
    TRUNCATE,
    /** Nothing more comes at a byte of the answer, or before it; the connection stays open. */
    STALL,
    /** The answer's body comes at a few bytes a second. */
    DRIP,
    /** The range starts this many bytes later, and the answer says so. */
    SHIFT_RANGE,
    /** The whole object comes, whatever range was asked for. */
    IGNORE_RANGE,
    /** A header of the answer has another value; an empty one is left out. */
    SET_HEADER,
    /** The answer has one more header, whether or not it has one of that name. */
    ADD_HEADER,
    /** The answer comes in chunks, of a length nobody promised. */
    CHUNK,
    /** It is answered with a redirect and not carried out. */
    REDIRECT,
    /** It is answered with a text of any kind and not carried out. */
    ANSWER,
    /** What a pattern finds in the document of the answer is replaced. */
    REWRITE,
    /** It is carried out; once its answer is made the object is deleted. */
    DELETE_OBJECT,
    /**
     * It is carried out; once its answer is made the object gets other bytes, as many as before.
     */
    OVERWRITE_OBJECT,
    /** The multipart upload it belongs to is aborted before it is carried out. */
    LOSE_UPLOAD;

    /** The word for it over HTTP. */
    public String word() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  public Fault {
    if (effect == Effect.FLIP_BIT) {
      at = Math.max(at, 0);
    }
    if (effect == Effect.FAIL_LATE) {
      status = 200;
    }
    if (effect == Effect.REFUSE && (status < 300 || status > 599)) {
      throw new IllegalArgumentException("status is " + status + ", give one from 300 to 599");
    }
    if (effect == Effect.ANSWER && (status < 200 || status > 599)) {
      throw new IllegalArgumentException("status is " + status + ", give one from 200 to 599");
    }
    boolean needsByte =
        effect == Effect.CUT || effect == Effect.TRUNCATE || effect == Effect.SHIFT_RANGE;
    if (needsByte && at < 0) {
      throw new IllegalArgumentException("'at' is missing, give a number of bytes");
    }
    if (effect == Effect.DRIP && bytesPerSecond < 1) {
      throw new IllegalArgumentException("'bytes-per-second' is missing, give a number");
    }
    boolean needsName =
        effect == Effect.SET_HEADER || effect == Effect.ADD_HEADER || effect == Effect.REWRITE;
    if (needsName && name.isEmpty()) {
      throw new IllegalArgumentException(
          effect == Effect.REWRITE
              ? "'name' is missing, give a regular expression"
              : "'name' is missing, give a header's name");
    }
    if (effect == Effect.REDIRECT && text.isEmpty()) {
      throw new IllegalArgumentException("'text' is missing, give an address");
    }
  }

  private static Fault of(Effect effect) {
    return new Fault(effect, 0, "", BEFORE_HEAD, 0, 0, "", "");
  }

  private static Fault at(Effect effect, long at) {
    return new Fault(effect, 0, "", at, 0, 0, "", "");
  }

  private static Fault named(Effect effect, String name, String text) {
    return new Fault(effect, 0, "", BEFORE_HEAD, 0, 0, name, text);
  }

  /** An error in the store's words: {@code refuse(503, "SlowDown")}. */
  public static Fault refuse(int status, String code) {
    return new Fault(Effect.REFUSE, status, code, BEFORE_HEAD, 0, 0, "", "");
  }

  /** An error in the store's words that says when to come again. */
  public static Fault refuse(int status, String code, String retryAfter) {
    return new Fault(Effect.REFUSE, status, code, BEFORE_HEAD, 0, 0, "Retry-After", retryAfter);
  }

  public static Fault failLate(String code) {
    return new Fault(Effect.FAIL_LATE, 200, code, BEFORE_HEAD, 0, 0, "", "");
  }

  public static Fault dropAnswer() {
    return of(Effect.DROP_ANSWER);
  }

  /** Changes a bit of the first byte. */
  public static Fault flipBit() {
    return flipBit(0);
  }

  public static Fault flipBit(long at) {
    return at(Effect.FLIP_BIT, at);
  }

  /** Resets the connection before the answer. */
  public static Fault reset() {
    return of(Effect.RESET);
  }

  public static Fault reset(long at) {
    return at(Effect.RESET, at);
  }

  public static Fault cut(long at) {
    return at(Effect.CUT, at);
  }

  public static Fault truncate(long at) {
    return at(Effect.TRUNCATE, at);
  }

  /** Never answers. */
  public static Fault stall() {
    return of(Effect.STALL);
  }

  /** Stops answering at a byte of the body. */
  public static Fault stall(long at) {
    return at(Effect.STALL, at);
  }

  public static Fault drip(long bytesPerSecond) {
    return new Fault(Effect.DRIP, 0, "", BEFORE_HEAD, bytesPerSecond, 0, "", "");
  }

  public static Fault shiftRange(long bytes) {
    return at(Effect.SHIFT_RANGE, bytes);
  }

  public static Fault ignoreRange() {
    return of(Effect.IGNORE_RANGE);
  }

  public static Fault setHeader(String name, String value) {
    return named(Effect.SET_HEADER, name, value);
  }

  public static Fault addHeader(String name, String value) {
    return named(Effect.ADD_HEADER, name, value);
  }

  public static Fault chunk() {
    return of(Effect.CHUNK);
  }

  public static Fault redirect(String address) {
    return new Fault(Effect.REDIRECT, 307, "TemporaryRedirect", BEFORE_HEAD, 0, 0, "", address);
  }

  public static Fault answer(int status, String mediaType, String body) {
    return new Fault(Effect.ANSWER, status, "", BEFORE_HEAD, 0, 0, mediaType, body);
  }

  /** Replaces what a regular expression finds in a document. */
  public static Fault rewrite(String pattern, String replacement) {
    return named(Effect.REWRITE, pattern, replacement);
  }

  public static Fault deleteObject() {
    return of(Effect.DELETE_OBJECT);
  }

  public static Fault overwriteObject() {
    return of(Effect.OVERWRITE_OBJECT);
  }

  public static Fault loseUpload() {
    return of(Effect.LOSE_UPLOAD);
  }
}
