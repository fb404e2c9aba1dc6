// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.distribution;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The unpacked distribution, and a folder to work in. */
record Installation(Path home, Path work) {
  private static final Map<String, String> ENVIRONMENT =
      Map.of(
          "AWS_ACCESS_KEY_ID", EmulatorProcess.ACCESS_KEY_ID,
          "AWS_SECRET_ACCESS_KEY", EmulatorProcess.ACCESS_KEY_SECRET,
          "OSS_ACCESS_KEY_ID", EmulatorProcess.ACCESS_KEY_ID,
          "OSS_ACCESS_KEY_SECRET", EmulatorProcess.ACCESS_KEY_SECRET,
          "JAVA_HOME", System.getProperty("java.home"));

  /** Opens the distribution with an empty folder of the test's own. */
  static Installation open(Class<?> test) {
    Path work = Path.of(System.getProperty("sluice.work"), test.getSimpleName());
    try {
      Mountpoints.cleanUnder(work);
      Files.createDirectories(work);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    return new Installation(Path.of(System.getProperty("sluice.distribution")).normalize(), work);
  }

  /** Makes a copy of the distribution that a test may change. */
  Installation copy(String name) {
    Path copy = work.resolve(name);
    Command.output("cp", "-r", home.toString(), copy.toString());
    return new Installation(copy, work);
  }

  Command sluice(String... arguments) {
    return sluice(Map.of(), arguments);
  }

  Command sluice(Map<String, String> environment, String... arguments) {
    return run(environment, command(arguments));
  }

  /** Runs a program that itself starts sluice. */
  Command program(String... words) {
    return run(Map.of(), words);
  }

  private Command run(Map<String, String> environment, String... words) {
    Map<String, String> all = new HashMap<>(ENVIRONMENT);
    all.put("XDG_RUNTIME_DIR", work.toString());
    all.putAll(environment);
    return Command.run(all, words);
  }

  /** Starts sluice without waiting for it. */
  Process start(String... arguments) throws IOException {
    return startProgram(command(arguments));
  }

  /** Starts a program that itself starts sluice, without waiting for it. */
  Process startProgram(String... words) throws IOException {
    ProcessBuilder builder = new ProcessBuilder(words);
    builder.environment().putAll(ENVIRONMENT);
    builder.environment().put("XDG_RUNTIME_DIR", work.toString());
    return builder
        .redirectErrorStream(true)
        .redirectOutput(work.resolve("daemon.out").toFile())
        .start();
  }

  Path mountpoint(String name) {
    try {
      return Files.createDirectories(work.resolve(name));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  Path configuration(String text) {
    return configuration("sluice.conf", text);
  }

  Path configuration(String name, String text) {
    try {
      return Files.writeString(work.resolve(name), text);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** Returns the words that start sluice. */
  String[] command(String... arguments) {
    List<String> command = new ArrayList<>(List.of(home.resolve("bin/sluice").toString()));
    command.addAll(Arrays.asList(arguments));
    return command.toArray(String[]::new);
  }
}
