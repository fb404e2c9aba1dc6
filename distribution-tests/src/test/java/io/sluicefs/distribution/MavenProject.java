// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.distribution;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * A project of somebody else, built by a Maven of its own: outside this build, against the
 * repository the distribution brings and a local repository that has nothing of this project.
 *
 * @param folder with the project's pom
 */
record MavenProject(Path folder) {
  /** Of JVMs that end after seconds. */
  private static final String SHORT_LIVED = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC";

  /** Where the JVMs find Java, and what makes them cheap. */
  static final Map<String, String> ENVIRONMENT =
      Map.of("JAVA_HOME", System.getProperty("java.home"), "MAVEN_OPTS", SHORT_LIVED);

  private static final long PATIENCE_MINUTES = 15;

  /** Copies an example of the source tree, without what was built there. */
  static MavenProject example(String name, Path work) {
    Path source = Path.of(System.getProperty("sluice.examples"), name);
    Path copy = work.resolve(name);
    Command.output("cp", "-r", source.toString(), copy.toString());
    Command.output("rm", "-rf", copy.resolve("target").toString());
    return new MavenProject(copy);
  }

  /** Forgets what was resolved of this project before, which has the same version. */
  static void forgetThisProject() {
    Path repository = Path.of(System.getProperty("sluice.test-repository"));
    Command.output("rm", "-rf", repository.resolve("io/sluicefs").toString());
  }

  /** Returns the folder that is installed as the plugin. */
  Path plugin() {
    return folder.resolve("target/plugin");
  }

  /** Runs goals, which must succeed, and returns what Maven said. */
  String run(Installation installation, String... goals) {
    MavenRun run = tryToRun(installation, goals);
    if (run.status() != 0) {
      throw new AssertionError(run.output());
    }
    return run.output();
  }

  /**
   * What Maven did.
   *
   * @param output both streams
   */
  record MavenRun(int status, String output) {}

  /** Runs goals. */
  MavenRun tryToRun(Installation installation, String... goals) {
    try {
      List<String> command =
          new ArrayList<>(
              List.of(
                  "mvn",
                  "-B",
                  "-ntp",
                  "-gs",
                  settings(installation).toString(),
                  "-Dmaven.repo.local=" + System.getProperty("sluice.test-repository")));
      command.addAll(Arrays.asList(goals));
      Path output = Files.createTempFile(installation.work(), "mvn", ".log");
      ProcessBuilder builder =
          new ProcessBuilder(command)
              .directory(folder.toFile())
              .redirectErrorStream(true)
              .redirectOutput(output.toFile());
      builder.environment().putAll(ENVIRONMENT);
      Process process = builder.start();
      if (!process.waitFor(PATIENCE_MINUTES, TimeUnit.MINUTES)) {
        process.destroyForcibly();
      }
      return new MavenRun(process.waitFor(), Files.readString(output));
    } catch (IOException e) {
      throw new AssertionError(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  /**
   * Names the distribution's repository, and before the central one the local repository of this
   * build, so that little has to be fetched.
   */
  static Path settings(Installation installation) throws IOException {
    return Files.writeString(
        installation.work().resolve("settings.xml"),
        """
        <settings>
          <profiles>
            <profile>
              <id>sluice</id>
              <repositories>
                <repository>
                  <id>sluice</id>
                  <url>%s</url>
                  <snapshots><checksumPolicy>ignore</checksumPolicy></snapshots>
                </repository>
                <repository>
                  <id>fetched</id>
                  <url>%s</url>
                  <releases><checksumPolicy>ignore</checksumPolicy></releases>
                  <snapshots><enabled>false</enabled></snapshots>
                </repository>
              </repositories>
              <pluginRepositories>
                <pluginRepository>
                  <id>sluice</id>
                  <url>%s</url>
                  <snapshots><checksumPolicy>ignore</checksumPolicy></snapshots>
                </pluginRepository>
                <pluginRepository>
                  <id>fetched</id>
                  <url>%s</url>
                  <releases><checksumPolicy>ignore</checksumPolicy></releases>
                  <snapshots><enabled>false</enabled></snapshots>
                </pluginRepository>
              </pluginRepositories>
            </profile>
          </profiles>
          <activeProfiles><activeProfile>sluice</activeProfile></activeProfiles>
        </settings>
        """
            .formatted(
                installation.home().resolve("repository").toUri(),
                Path.of(System.getProperty("sluice.local-repository")).toUri(),
                installation.home().resolve("repository").toUri(),
                Path.of(System.getProperty("sluice.local-repository")).toUri()));
  }
}
