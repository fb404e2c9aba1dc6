// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

class SluiceTest {
  /** What a command line did. */
  private record Result(int status, String out, String err) {}

  @TempDir Path temp;

  @BeforeEach
  void installNothing() throws IOException {
    Files.createDirectory(temp.resolve("plugins"));
    System.setProperty("sluice.home", temp.toString());
  }

  @AfterEach
  void forgetHome() {
    System.clearProperty("sluice.home");
  }

  @Test
  void theVersionIsOneLine() {
    Result result = run("--version");

    assertEquals(0, result.status);
    assertTrue(result.out.matches("sluice \\S+ \\(SPI \\d+\\.\\d+, Java \\S+\\)\n"), result.out);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "", "mount", "umount", "upgrade", "status", "stats", "top", "explain", "set", "doctor",
        "warm", "uploads", "config", "plugin"
      })
  void everyVerbHasHelpWithExamples(String verb) {
    Result result = verb.isEmpty() ? run("--help") : run(verb, "--help");

    assertEquals(0, result.status);
    assertTrue(result.out.contains("Examples:"), result.out);
    assertEquals("", result.err);
  }

  @Test
  void theHelpDocumentsTheExitStatus() {
    String help = run("--help").out;

    assertTrue(help.contains("Exit status:"), help);
    assertTrue(help.contains("2"), help);
  }

  @Test
  void noVerbIsAUsageError() {
    assertUsageError("sluice: expected a verb", run());
    assertUsageError("sluice config: expected check, show, reference or import", run("config"));
    assertUsageError("sluice plugin: expected list, check or test", run("plugin"));
  }

  @Test
  void pluginsAreListedAsJson() {
    Result result = run("plugin", "list", "--json");

    assertEquals(0, result.status, result.err);
    assertEquals("{\"plugins\":[],\"refused\":[]}\n", result.out);
  }

  @Test
  void aFolderThatIsNoPluginFailsTheCheckWithALine() throws IOException {
    Path folder = Files.createDirectory(temp.resolve("empty"));
    Result result = run("plugin", "check", folder.toString());

    assertEquals(1, result.status);
    assertEquals(folder + ": no module in it provides a plugin\n", result.err);
    assertEquals("", result.out);
  }

  @Test
  void aTestWithoutTheTestkitSaysWhereItShouldBe() throws IOException {
    Path file = configuration("");

    assertFailure(
        "sluice: " + temp.resolve("testkit"), run("plugin", "test", "s3", "-c", file.toString()));
  }

  @Test
  void anUnknownVerbIsAUsageError() {
    assertUsageError("sluice: Unmatched argument", run("mont"));
  }

  @Test
  void anUnknownOptionIsAUsageError() {
    assertUsageError(
        "sluice mount: Unknown option: '--lazy'", run("mount", "-c", "x", "--lazy", "/mnt"));
  }

  @Test
  void aMissingArgumentIsAUsageError() {
    assertUsageError("Missing required option: '--config=FILE'", run("mount", "/mnt"));
    assertUsageError("Missing required parameter: 'MOUNTPOINT'", run("mount", "-c", "x"));
    assertUsageError("Missing required parameter: 'MOUNTPOINT'", run("umount"));
  }

  @Test
  void aConfigurationThatIsNotThereFails() {
    Path file = temp.resolve("absent.conf");

    assertFailure(
        "sluice: " + file + ": no such file", run("config", "check", "-c", file.toString()));
  }

  @Test
  void anUnknownSettingFailsWithFileAndLine() throws IOException {
    Path file = configuration("mount {\n  prefx = a\n}\n");

    assertFailure(
        "sluice: " + file + ": 2: unknown setting mount.prefx; did you mean prefix?",
        run("config", "check", "-c", file.toString()));
  }

  @Test
  void aSettingOfTheCommandLineIsChecked() throws IOException {
    Path file = configuration("");

    assertFailure(
        "sluice: --set: memory.limit: expected a size",
        run("config", "check", "-c", file.toString(), "--set", "memory.limit=much"));
  }

  @Test
  void aMissingPluginFailsWithFileAndLine() throws IOException {
    Path file = configuration("transport.s3 { bucket = a }");

    assertFailure(
        "sluice: " + file + ": 1: no plugin transport.s3 in " + temp.resolve("plugins"),
        run("config", "check", "-c", file.toString()));
    assertFailure(
        "sluice: " + file + ": 1: no plugin transport.s3 in " + temp.resolve("plugins"),
        run("mount", "-f", "-c", file.toString(), mountpoint()));
  }

  @Test
  void aMountpointThatIsNotThereFails() throws IOException {
    Path file = configuration("transport.s3 { bucket = a }");

    assertFailure(
        "sluice: mountpoint " + temp.resolve("absent") + " does not exist; create it first",
        run("mount", "-f", "-c", file.toString(), temp.resolve("absent").toString()));
  }

  @Test
  void aMountpointThatIsNotEmptyFails() throws IOException {
    Path file = configuration("transport.s3 { bucket = a }");

    assertFailure(
        "sluice: mountpoint " + temp + " is not empty",
        run("mount", "-f", "-c", file.toString(), temp.toString()));
  }

  @Test
  void aLogInsideTheMountpointFails() throws IOException {
    Path file = configuration("transport.s3 { bucket = a }");
    String mountpoint = mountpoint();

    assertFailure(
        "is inside the mountpoint",
        run(
            "mount",
            "-f",
            "-c",
            file.toString(),
            "--set",
            "log.file=" + mountpoint + "/log",
            mountpoint));
  }

  @Test
  void unmountingWhatIsNotMountedFails() {
    assertFailure("sluice: " + temp + " is not a mount of Sluice", run("umount", temp.toString()));
  }

  @Test
  void theReferenceHoldsTheKernelsSettings() {
    Result result = run("config", "reference");

    assertEquals(0, result.status, result.err);
    assertTrue(result.out.contains("# mount {\n"), result.out);
    assertTrue(result.out.contains("#   attribute-ttl = 60s\n"), result.out);
  }

  @Test
  void thePluginsAreListedWithThoseRefused() throws IOException {
    Path broken = Files.createDirectory(temp.resolve("plugins/broken"));

    Result result = run("plugin", "list");

    assertEquals(0, result.status);
    assertTrue(result.out.startsWith("AXIS"), result.out);
    assertTrue(
        result.err.contains("refused: " + broken + ": no module in it provides a plugin"),
        result.err);
  }

  private String mountpoint() throws IOException {
    return Files.createDirectories(temp.resolve("mnt")).toString();
  }

  private Path configuration(String text) throws IOException {
    return Files.writeString(temp.resolve("sluice.conf"), text);
  }

  private static void assertUsageError(String expected, Result result) {
    assertEquals(2, result.status, result.err);
    assertLine(expected, result);
    assertTrue(result.err.contains("--help"), result.err);
  }

  private static void assertFailure(String expected, Result result) {
    assertEquals(1, result.status, result.err);
    assertLine(expected, result);
  }

  private static void assertLine(String expected, Result result) {
    assertTrue(result.err.contains(expected), result.err);
    assertEquals(1, result.err.lines().count(), result.err);
    assertEquals("", result.out);
  }

  private static Result run(String... args) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    CommandLine command =
        Sluice.commandLine(args).setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
    int status = command.execute(args);
    return new Result(status, out.toString(), err.toString());
  }
}
