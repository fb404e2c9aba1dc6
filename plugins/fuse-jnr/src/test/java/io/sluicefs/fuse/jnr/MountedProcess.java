// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.fuse.jnr;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** A {@link MountedProgram} that was started, and answers. Closing kills it. */
final class MountedProcess implements AutoCloseable {
  private final Process process;
  private final BufferedReader output;

  private MountedProcess(Process process) {
    this.process = process;
    output = process.inputReader();
  }

  static MountedProcess start(Path mountpoint, Path temporary) throws IOException {
    // On the class path as a whole: what is tried here does not depend on modules.
    String classPath =
        String.join(
            File.pathSeparator,
            Path.of("target", "test-classes").toString(),
            System.getProperty("jdk.module.path", ""),
            System.getProperty("java.class.path"));
    Process process =
        new ProcessBuilder(
                // A JVM leaves alone what its parent has it ignore, as nohup does.
                "env",
                "--default-signal",
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx64m",
                "--enable-native-access=ALL-UNNAMED",
                "--illegal-native-access=deny",
                "--sun-misc-unsafe-memory-access=deny",
                "-Djava.io.tmpdir=" + temporary,
                "-cp",
                classPath,
                MountedProgram.class.getName(),
                mountpoint.toString())
            .redirectErrorStream(true)
            .start();
    MountedProcess mounted = new MountedProcess(process);
    String said = mounted.output.readLine();
    if (!"mounted".equals(said)) {
      mounted.close();
      throw new IOException("not mounted: " + said);
    }
    return mounted;
  }

  long pid() {
    return process.pid();
  }

  /** Sends a signal, waits for the end, and returns what the process said. */
  List<String> end(String signal) throws IOException, InterruptedException {
    new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid())).start().waitFor();
    List<String> said = output.lines().toList();
    process.waitFor();
    return said;
  }

  @Override
  public void close() {
    process.destroyForcibly().onExit().join();
  }
}
