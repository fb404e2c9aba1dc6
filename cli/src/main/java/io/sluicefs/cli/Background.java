// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cli;

import io.sluicefs.kernel.mount.MountException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The daemon: the same command line started again, in a session of its own, with a pipe from its
 * output to whoever started it. The daemon does everything, the reading of its arguments included.
 * What goes wrong it says as a line in the pipe, which the caller repeats; when the mount answers
 * it says so and the caller leaves. Its error stream goes to the log as soon as that is known.
 */
final class Background {
  private static final String PROPERTY = "sluice.background";
  private static final String READY = "ready";

  private Background() {}

  /** Returns whether a command line asks for a daemon. Quick, for it is all the caller parses. */
  static boolean isWanted(String[] args) {
    if (args.length == 0 || !args[0].equals("mount") || isThis()) {
      return false;
    }
    for (String arg : args) {
      if (arg.startsWith("-f")
          || arg.equals("--foreground")
          || arg.startsWith("-h")
          || arg.equals("--help")
          || arg.startsWith("-V")
          || arg.equals("--version")) {
        return false;
      }
    }
    return true;
  }

  /** Returns whether this process is the daemon. */
  static boolean isThis() {
    return Boolean.getBoolean(PROPERTY);
  }

  /** Starts the daemon and waits until its mount answers; returns the exit status. */
  static int start(String[] args) {
    try {
      Optional<PassedDevice> device = PassedDevice.in(args);
      if (device.isPresent()) {
        device.get().becomeInput();
      }
      Process daemon =
          new ProcessBuilder(command(device.map(passed -> passed.renamedIn(args)).orElse(args)))
              .redirectInput(
                  device.isPresent()
                      ? ProcessBuilder.Redirect.INHERIT
                      : ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .start();
      // Whoever gives up waiting does not want the mount either.
      Thread giveUp = new Thread(daemon::destroy, "sluice-give-up");
      Runtime.getRuntime().addShutdownHook(giveUp);
      try (BufferedReader pipe =
          new BufferedReader(
              new InputStreamReader(daemon.getInputStream(), StandardCharsets.UTF_8))) {
        boolean explained = false;
        for (String line = pipe.readLine(); line != null; line = pipe.readLine()) {
          if (line.equals(READY)) {
            Runtime.getRuntime().removeShutdownHook(giveUp);
            return ExitStatus.OK;
          }
          String said = line;
          System.err.println(device.map(passed -> passed.namedHere(said)).orElse(said));
          explained = true;
        }
        int status = daemon.waitFor();
        Runtime.getRuntime().removeShutdownHook(giveUp);
        if (!explained) {
          System.err.println(
              "sluice: the daemon ended with status " + status + " before the mount answered");
        }
        return status == ExitStatus.OK ? ExitStatus.FAILURE : status;
      }
    } catch (MountException e) {
      System.err.println("sluice: " + e.getMessage());
      return ExitStatus.FAILURE;
    } catch (IOException e) {
      System.err.println("sluice: the daemon cannot be started: " + e.getMessage());
      return ExitStatus.FAILURE;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return ExitStatus.FAILURE;
    }
  }

  /** Returns this process's command line with the mark of the daemon. */
  private static List<String> command(String[] args) throws IOException {
    String line = Files.readString(Path.of("/proc/self/cmdline"), StandardCharsets.UTF_8);
    List<String> words = new ArrayList<>(List.of(line.split("\0", -1)));
    words.removeLast();
    List<String> command = new ArrayList<>();
    command.add(ProcessHandle.current().info().command().orElseGet(words::getFirst));
    command.add("-D" + PROPERTY + "=true");
    command.addAll(words.subList(1, words.size() - args.length));
    command.addAll(List.of(args));
    return command;
  }

  /** Leaves the caller's terminal; first thing the daemon does. */
  static void detach() {
    LinuxProcess.setsid();
  }

  /** Returns where the daemon says what went wrong. */
  static PrintWriter errors() {
    return new PrintWriter(System.out, true, StandardCharsets.UTF_8);
  }

  /** Lets what libraries and Java itself say on the error stream go to the log. */
  static void redirectErrors(Path log) throws MountException {
    LinuxProcess.redirect(log, LinuxProcess.STANDARD_ERROR);
  }

  /** Tells the caller that the mount answers, and leaves what is still shared with it. */
  static void ready(Path log) throws MountException {
    LinuxProcess.changeToRoot();
    System.out.println(READY);
    System.out.flush();
    LinuxProcess.redirect(log, LinuxProcess.STANDARD_OUTPUT);
  }
}
