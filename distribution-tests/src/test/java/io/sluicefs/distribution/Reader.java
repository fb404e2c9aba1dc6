// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.distribution;

import java.net.URISyntaxException;
import java.nio.file.Path;

/** The scripts that read as the programs of the workload do. */
final class Reader {
  private Reader() {}

  /** Returns the path of a script. */
  static String script(String name) {
    try {
      return Path.of(Reader.class.getResource("/readers/" + name).toURI()).toString();
    } catch (URISyntaxException e) {
      throw new AssertionError(e);
    }
  }
}
