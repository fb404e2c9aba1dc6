// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.emulator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class EmulatorCommandTest {
  private static Process start(String... arguments) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(ProcessHandle.current().info().command().orElseThrow());
    // Modules and class path of this test, all as a class path.
    command.add("-cp");
    command.add(
        System.getProperty("jdk.module.path", "")
            + ":"
            + System.getProperty("java.class.path", ""));
    command.add(EmulatorCommand.class.getName());
    command.addAll(List.of(arguments));
    return new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
  }

  @Test
  void itSaysWhereItListensAndEndsWhenAsked() throws Exception {
    Process process =
        start("--bucket", "empty", "--synthetic", "models/a.bin=1MiB:3", "--anonymous");
    try (BufferedReader out = process.inputReader()) {
      String line = out.readLine();
      assertNotNull(line);
      Matcher s3 = Pattern.compile("\"s3\":\"([^\"]+)\"").matcher(line);
      assertTrue(s3.find(), line);
      URI endpoint = URI.create(s3.group(1));
      assertEquals(200, PlainHttp.send("HEAD", endpoint.resolve("/models/a.bin")).status());
      assertEquals(200, PlainHttp.send("HEAD", endpoint.resolve("/empty")).status());
      process.destroy();
      assertTrue(process.waitFor(30, TimeUnit.SECONDS));
      assertEquals(143, process.exitValue());
    } finally {
      process.destroyForcibly();
    }
  }

  @Test
  void aSizeNobodyUnderstandsIsRefused() throws Exception {
    Process process = start("--synthetic", "models/a.bin=big");
    assertTrue(process.waitFor(60, TimeUnit.SECONDS));
    assertEquals(2, process.exitValue());
  }
}
