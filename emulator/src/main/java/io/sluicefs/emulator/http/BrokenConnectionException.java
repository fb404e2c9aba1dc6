// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.emulator.http;

import java.io.IOException;

/** The connection is to be reset while the request is on its way. */
final class BrokenConnectionException extends IOException {
  private static final long serialVersionUID = 1;

  BrokenConnectionException() {
    super("told to break the connection");
  }
}
