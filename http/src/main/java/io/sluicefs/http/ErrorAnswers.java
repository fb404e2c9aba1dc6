// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.http;

import io.sluicefs.spi.StorageException;

/** Says what a store's error answers mean. */
@FunctionalInterface
public interface ErrorAnswers {
  /**
   * Returns the failure to throw. Redirects come here too: they are never followed, so the message
   * should name the endpoint to use.
   */
  StorageException toException(Request request, ErrorAnswer answer);
}
