// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.spi;

import java.io.IOException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A request to an object store, or to a cache in front of it, failed. The {@link Kind} says what
 * the kernel does about it; the message says what was asked of which key at which endpoint and
 * carries the store's request id when there is one. It never carries a credential.
 */
public final class StorageException extends IOException {
  private static final long serialVersionUID = 1L;

  /** What went wrong, as far as the caller can act on it. */
  public enum Kind {
    /** The object, or the upload, does not exist. */
    NOT_FOUND(false),
    /** The bucket does not exist. */
    NO_SUCH_BUCKET(false),
    /**
     * A condition sent with the request did not hold: the object is another version than asked for.
     */
    PRECONDITION_FAILED(false),
    /** A create-only write met an object that is there already. */
    ALREADY_EXISTS(false),
    /** The credentials are valid and do not allow this. */
    ACCESS_DENIED(false),
    /**
     * There are no credentials, or the store does not accept them: unknown key, wrong signature,
     * expired.
     */
    BAD_CREDENTIALS(false),
    /** The store refused the request as malformed, or the caller's arguments can never work. */
    INVALID_REQUEST(false),
    /** The store, or this plugin, does not offer the operation. */
    UNSUPPORTED(false),
    /** The store asks to slow down. */
    THROTTLED(true),
    /** The store failed on its side. */
    SERVER_ERROR(true),
    /** No answer, or no progress of a body, in the time allowed. */
    TIMEOUT(true),
    /** The endpoint could not be resolved or connected to, or the connection broke. */
    UNREACHABLE(true),
    /**
     * What arrived is not what was asked for: wrong range, wrong length, wrong checksum, garbage.
     */
    CORRUPT(true),
    /** The calling thread was interrupted. */
    CANCELLED(false);

    private final boolean retryable;

    Kind(boolean retryable) {
      this.retryable = retryable;
    }

    /** Returns whether the same request may succeed later without anybody acting. */
    public boolean retryable() {
      return retryable;
    }
  }

  private final Kind kind;
  private final Duration retryAfter;

  /**
   * Creates an exception whose message is one line for a person; control characters, as of a key or
   * of a store's words, become blanks.
   */
  public StorageException(Kind kind, String message) {
    this(kind, message, null);
  }

  /** Creates an exception with the failure that caused it. */
  public StorageException(Kind kind, String message, @Nullable Throwable cause) {
    this(kind, message, cause, Duration.ZERO);
  }

  /**
   * Creates an exception of a store that said when to come again.
   *
   * @param retryAfter from now on; zero if it did not say
   */
  public StorageException(
      Kind kind, String message, @Nullable Throwable cause, Duration retryAfter) {
    super(OneLine.of(message), cause);
    if (retryAfter.isNegative()) {
      throw new IllegalArgumentException("retryAfter is negative");
    }
    this.kind = kind;
    this.retryAfter = retryAfter;
  }

  /** Returns what went wrong. */
  public Kind kind() {
    return kind;
  }

  /** Returns how long the store asked not to be asked again; zero if it did not. */
  public Duration retryAfter() {
    return retryAfter;
  }

  /** Returns whether the kernel may send the request again. */
  public boolean retryable() {
    return kind.retryable();
  }
}
