// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.http;

import java.util.Locale;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** The versions of TLS a store has to speak one of. */
public final class TlsVersions {
  /** For errors about a server that speaks older ones. */
  public static final String REQUIRED = "it speaks neither TLS 1.2 nor TLS 1.3; update it";

  private TlsVersions() {}

  /** Returns whether a handshake failed as the server speaks older versions only. */
  public static boolean areTooOld(Throwable failure) {
    for (@Nullable Throwable cause = failure; cause != null; cause = cause.getCause()) {
      // The alert of the server, or what the JDK says of a version it was answered with.
      if (cause instanceof SSLException
          && String.valueOf(cause.getMessage())
              .replace('_', ' ')
              .toLowerCase(Locale.ROOT)
              .contains("protocol version")) {
        return true;
      }
    }
    return false;
  }
}
