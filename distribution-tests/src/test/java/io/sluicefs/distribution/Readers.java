// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.distribution;

import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.Objects;

/** The scripts that read files of a mount. */
final class Readers {
  private Readers() {}

  static String script(String name) {
    try {
      return Path.of(
              Objects.requireNonNull(Readers.class.getResource("/readers/" + name), name).toURI())
          .toString();
    } catch (URISyntaxException e) {
      throw new AssertionError(e);
    }
  }
}
