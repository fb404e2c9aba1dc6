// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.distribution;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * A finished command.
 *
 * @param status exit status
 * @param out what it wrote to standard output
 * @param err what it wrote to standard error
 */
record Command(int status, String out, String err) {
  private static final long PATIENCE_SECONDS = 120;

  static Command run(String... words) {
    return run(Map.of(), words);
  }

  static Command run(Map<String, String> environment, String... words) {
    try {
      ProcessBuilder builder =
          new ProcessBuilder(words).redirectInput(new java.io.File("/dev/null"));
      builder.environment().putAll(environment);
      Process process = builder.start();
      StringBuilder err = new StringBuilder();
      Thread errReader =
          Thread.ofVirtual()
              .start(
                  () -> {
                    try {
                      err.append(
                          new String(
                              process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8));
                    } catch (IOException e) {
                      err.append(e);
                    }
                  });
      Thread killer =
          Thread.ofVirtual()
              .start(
                  () -> {
                    try {
                      if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                        process.destroyForcibly();
                      }
                    } catch (InterruptedException e) {
                      Thread.currentThread().interrupt();
                    }
                  });
      String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      int status = process.waitFor();
      errReader.join();
      killer.interrupt();
      return new Command(status, out, err.toString());
    } catch (IOException e) {
      throw new AssertionError(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  /** Runs a command that must succeed and returns what it wrote. */
  static String output(String... words) {
    Command command = run(words);
    if (command.status != 0) {
      throw new AssertionError(String.join(" ", words) + ": " + command);
    }
    return command.out;
  }
}
