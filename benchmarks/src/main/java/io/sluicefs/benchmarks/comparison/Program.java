// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.benchmarks.comparison;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A program that uses a mount.
 *
 * @param command its words
 * @param signalled whether it is a {@link FileProgram}, which waits for a signal
 */
record Program(List<String> command, boolean signalled) {
  static Program of(String... command) {
    return new Program(List.of(command), false);
  }

  /** Returns one that runs {@link FileProgram}. */
  static Program file(String what, Path path, int count) {
    return new Program(
        Stream.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Xmx64m",
                "--enable-native-access=io.sluicefs.benchmarks",
                "--module-path",
                System.getProperty("jdk.module.path"),
                "--module",
                "io.sluicefs.benchmarks/" + FileProgram.class.getName(),
                what,
                path.toString(),
                Integer.toString(count))
            .toList(),
        true);
  }

  /** A program that was started. */
  static final class Running implements AutoCloseable {
    private final Program program;
    private final Process process;
    private final BufferedReader out;

    private Running(Program program, Process process) {
      this.program = program;
      this.process = process;
      this.out = process.inputReader(StandardCharsets.UTF_8);
    }

    /** Lets a program that is ready work. */
    void signal() throws IOException {
      if (program.signalled) {
        Writer in = process.outputWriter(StandardCharsets.UTF_8);
        in.write("\n");
        in.flush();
      }
    }

    /** Waits for the end; false if it did not come in time. */
    boolean await(long nanos) throws IOException, InterruptedException {
      if (!process.waitFor(nanos, TimeUnit.NANOSECONDS)) {
        return false;
      }
      if (process.exitValue() != 0) {
        String text = out.lines().reduce("", (before, line) -> before + " " + line);
        throw new IOException(String.join(" ", program.command) + " failed:" + text);
      }
      return true;
    }

    /** Returns the microseconds half of the operations took at most, where the program tells. */
    OptionalLong medianMicros() throws IOException {
      String line = program.signalled ? out.readLine() : null;
      return line == null ? OptionalLong.empty() : OptionalLong.of(Long.parseLong(line));
    }

    @Override
    public void close() {
      process.destroyForcibly();
    }
  }

  /** Starts it; one that waits for a signal is ready when this returns. */
  Running start() throws IOException {
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    if (command.getFirst().equals("ls")) {
      builder.redirectOutput(ProcessBuilder.Redirect.DISCARD);
    }
    Running running = new Running(this, builder.start());
    if (signalled) {
      String line = running.out.readLine();
      if (!"ready".equals(line)) {
        String rest = running.out.lines().limit(3).reduce("", (a, b) -> a + " " + b);
        running.close();
        throw new IOException(String.join(" ", command) + " failed: " + line + rest);
      }
    }
    return running;
  }
}
