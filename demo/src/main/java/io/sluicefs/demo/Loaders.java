// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.demo;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Child processes that load files of a mount: started, then let go together. */
final class Loaders implements AutoCloseable {
  private final List<Process> processes = new ArrayList<>();
  private final List<BufferedReader> outputs = new ArrayList<>();

  /** Starts one process that reads whole files in order. */
  static Loaders inOrder(List<Path> files) throws IOException {
    Loaders loaders = new Loaders();
    loaders.start(List.of("whole"), files);
    return loaders;
  }

  /**
   * Starts {@code ranks} processes, each of which maps every file and reads its share of every
   * tensor.
   */
  static Loaders tensorParallel(int ranks, List<Path> files) throws IOException {
    Loaders loaders = new Loaders();
    for (int rank = 0; rank < ranks; rank++) {
      loaders.start(List.of("slices", Integer.toString(rank), Integer.toString(ranks)), files);
    }
    return loaders;
  }

  /** Lets all processes read and returns each one's checksums, in order of its files. */
  List<List<String>> load(int files) throws IOException {
    for (Process process : processes) {
      process.getOutputStream().write('\n');
      process.getOutputStream().flush();
    }
    List<List<String>> checksums = new ArrayList<>();
    for (BufferedReader output : outputs) {
      List<String> lines = new ArrayList<>();
      for (int i = 0; i < files; i++) {
        lines.add(lineOf(output));
      }
      checksums.add(lines);
    }
    return checksums;
  }

  @Override
  public void close() {
    processes.forEach(Process::destroy);
  }

  private void start(List<String> arguments, List<Path> files) throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx64m",
                "-XX:+UseSerialGC",
                "-p",
                System.getProperty("jdk.module.path"),
                "-m",
                "io.sluicefs.demo/" + ReaderProcess.class.getName()));
    command.addAll(arguments);
    files.forEach(file -> command.add(file.toString()));
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    processes.add(process);
    BufferedReader output = process.inputReader(StandardCharsets.UTF_8);
    outputs.add(output);
    if (!lineOf(output).equals("ready")) {
      throw new IOException("a reader process did not start");
    }
  }

  private static String lineOf(BufferedReader output) throws IOException {
    String line = output.readLine();
    if (line == null) {
      throw new IOException("a reader process ended before it had read everything");
    }
    return line;
  }
}
