// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cache.disk.lmdb;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;

/** Programs of the host that make disks and mount them. */
final class Programs {
  private Programs() {}

  /** Runs one and returns whether it succeeded. */
  static boolean run(String... words) throws IOException, InterruptedException {
    return new ProcessBuilder(words).inheritIO().start().waitFor() == 0;
  }

  /** Runs one and returns what it wrote; nothing if it failed. */
  static String output(String... words) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(words).redirectError(Redirect.INHERIT).start();
    String output =
        new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    return process.waitFor() == 0 ? output : "";
  }
}
