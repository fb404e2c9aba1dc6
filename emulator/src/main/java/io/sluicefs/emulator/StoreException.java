// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.emulator;

import java.util.Map;

/** A refusal in the words both dialects share: an HTTP status and an error code. */
public final class StoreException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final int status;
  private final String code;
  private final transient Map<String, String> headers;

  public StoreException(int status, String code, String message) {
    this(status, code, message, Map.of());
  }

  /**
   * A refusal whose answer says more.
   *
   * @param headers fields the answer carries beside the error itself
   */
  public StoreException(int status, String code, String message, Map<String, String> headers) {
    super(message, null, false, false);
    this.status = status;
    this.code = code;
    this.headers = Map.copyOf(headers);
  }

  public int status() {
    return status;
  }

  public String code() {
    return code;
  }

  public Map<String, String> headers() {
    return headers;
  }
}
