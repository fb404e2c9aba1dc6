// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.namespace;

/** A limit of {@link NamespaceOptions.Limits} is reached and nothing can be given up. */
public final class CapacityException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Creates an exception whose message names the limit. */
  CapacityException(String message) {
    super(message);
  }
}
