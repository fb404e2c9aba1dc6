// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.distribution;

/** The mount or the store did something else than the model allows. */
final class Divergence extends Exception {
  private static final long serialVersionUID = 1;

  Divergence(String message) {
    super(message);
  }
}
