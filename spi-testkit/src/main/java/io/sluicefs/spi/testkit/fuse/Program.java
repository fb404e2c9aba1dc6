// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.spi.testkit.fuse;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A program run on a mounted file system, as a process of its own: it sees what users see, and can
 * be killed where a thread cannot.
 */
public final class Program {
  private static final Duration PATIENCE = Duration.ofSeconds(100);

  /**
   * How a program ended.
   *
   * @param status its exit status
   * @param output what it wrote to standard output
   * @param errors what it wrote to standard error
   */
  @SuppressWarnings("ArrayRecordComponent") // nobody compares results
  public record Result(int status, byte[] output, String errors) {
    /** Returns the output as text, without white space around it. */
    public String text() {
      return new String(output, StandardCharsets.UTF_8).strip();
    }
  }

  private Program() {}

  /** Starts a program, in UTF-8 and English. */
  public static Process start(String... command) {
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().put("LC_ALL", "C.UTF-8");
    try {
      return builder.start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Runs a program to its end. */
  public static Result run(String... command) {
    Process process = start(command);
    ByteArrayOutputStream output = new ByteArrayOutputStream();
    ByteArrayOutputStream errors = new ByteArrayOutputStream();
    Thread reader = Thread.ofVirtual().start(() -> drain(process.getInputStream(), output));
    Thread errorReader = Thread.ofVirtual().start(() -> drain(process.getErrorStream(), errors));
    try {
      if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
        throw new AssertionError("still runs: " + Arrays.toString(command));
      }
      reader.join();
      errorReader.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    } finally {
      process.destroyForcibly();
    }
    return new Result(
        process.exitValue(), output.toByteArray(), errors.toString(StandardCharsets.UTF_8));
  }

  /** Runs a program that must succeed and returns its output. */
  public static String output(String... command) {
    Result result = run(command);
    if (result.status() != 0) {
      throw new AssertionError(
          List.of(command) + " exits with " + result.status() + ": " + result.errors());
    }
    return result.text();
  }

  /** Runs a Python script that must succeed and returns its output. */
  public static String python(String script, Object... arguments) {
    String[] command = new String[3 + arguments.length];
    command[0] = "python3";
    command[1] = "-c";
    command[2] = script;
    for (int i = 0; i < arguments.length; i++) {
      command[3 + i] = arguments[i].toString();
    }
    return output(command);
  }

  /** Runs a Python statement, with {@code p} the argument, and returns its errno; 0 for none. */
  public static int errno(String statement, Object argument) {
    String script =
        """
        import os, sys
        p = sys.argv[1]
        try:
            %s
            print(0)
        except OSError as e:
            print(e.errno)
        """
            .formatted(statement);
    return Integer.parseInt(python(script, argument));
  }

  private static void drain(InputStream from, ByteArrayOutputStream to) {
    try (from) {
      from.transferTo(to);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
