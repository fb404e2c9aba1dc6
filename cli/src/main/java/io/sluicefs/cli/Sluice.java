// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cli;

import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;
import picocli.CommandLine;

/**
 * The {@code sluice} command.
 *
 * <p>It is started by {@code bin/sluice}, with {@code lib/} as module path:
 *
 * <pre>{@code
 * java -p lib --add-modules java.se,jdk.unsupported,jdk.net
 *     --enable-native-access=io.sluicefs.kernel,io.sluicefs.cli,ALL-UNNAMED
 *     --sun-misc-unsafe-memory-access=allow -Dsluice.home=<home>
 *     -m io.sluicefs.cli/io.sluicefs.cli.Sluice <arguments>
 * }</pre>
 *
 * <ul>
 *   <li>{@code sluice.home} is the folder the release was unpacked to; its {@code plugins/} holds a
 *       folder for each plugin.
 *   <li>The modules of {@code --add-modules} are those plugins may require: their layers see only
 *       what the boot layer has.
 *   <li>The kernel and this module call the operating system, and so do libraries in the {@code
 *       classpath/} of plugins, which are in unnamed modules; modules of plugins are let by the
 *       kernel where their jars say so.
 * </ul>
 *
 * <p>For {@code sluice mount} without {@code -f} it starts this as a child, with {@code
 * -Dsluice.background=true}, and waits until that says that the mount answers: see {@link
 * Background}.
 */
public final class Sluice {
  private static final Map<String, Supplier<Object>> VERBS = verbs();

  private Sluice() {}

  /** Runs the command and ends the process with its exit status. */
  public static void main(String[] args) {
    CommandLine command = commandLine(args);
    if (Background.isThis()) {
      Background.detach();
      command.setErr(Background.errors());
    }
    System.exit(command.execute(args));
  }

  private static Map<String, Supplier<Object>> verbs() {
    Map<String, Supplier<Object>> verbs = new LinkedHashMap<>();
    verbs.put("mount", MountCommand::new);
    verbs.put("umount", UmountCommand::new);
    verbs.put("upgrade", UpgradeCommand::new);
    verbs.put("status", StatusCommand::new);
    verbs.put("stats", StatsCommand::new);
    verbs.put("top", TopCommand::new);
    verbs.put("explain", ExplainCommand::new);
    verbs.put("set", SetCommand::new);
    verbs.put("doctor", DoctorCommand::new);
    verbs.put("bench", BenchCommand::new);
    verbs.put("warm", WarmCommand::new);
    verbs.put("uploads", UploadsCommand::new);
    verbs.put("cache", CacheCommand::new);
    verbs.put("config", ConfigCommand::new);
    verbs.put("plugin", PluginCommand::new);
    verbs.put("rehearse", RehearseCommand::new);
    return verbs;
  }

  /**
   * Returns the command that understands a command line. It has all verbs, or only the one asked
   * for: picocli reads the annotations of every verb it has, which is a third of the time a mount
   * takes to start.
   */
  static CommandLine commandLine(String... args) {
    CommandLine command = new CommandLine(new SluiceCommand());
    String asked = args.length == 0 ? "" : args[0];
    VERBS.forEach(
        (name, verb) -> {
          if (name.equals(asked) || !VERBS.containsKey(asked)) {
            command.addSubcommand(verb.get());
          }
        });
    return command
        .setExpandAtFiles(false)
        .setParameterExceptionHandler(Sluice::usageError)
        .setExecutionExceptionHandler(Sluice::failure)
        .setExitCodeExceptionMapper(failure -> ExitStatus.FAILURE);
  }

  private static int usageError(CommandLine.ParameterException error, String[] args) {
    CommandLine command = error.getCommandLine();
    PrintWriter err = command.getErr();
    String name = command.getCommandSpec().qualifiedName();
    err.println(name + ": " + oneLine(error) + "; see " + name + " --help");
    return ExitStatus.USAGE;
  }

  private static int failure(
      Exception failure, CommandLine command, CommandLine.ParseResult arguments) {
    command.getErr().println("sluice: " + oneLine(failure));
    Logging.failed(failure);
    return ExitStatus.FAILURE;
  }

  private static String oneLine(Exception failure) {
    String message = failure.getMessage();
    return message == null ? failure.toString() : message.strip().replaceAll("\\s*\\R\\s*", " ");
  }
}
