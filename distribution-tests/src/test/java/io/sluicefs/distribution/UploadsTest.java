// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.distribution;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Uploads nobody completed, found and aborted in a real store. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class UploadsTest {
  private EmulatorProcess emulator;
  private Installation installation;

  @BeforeAll
  void startTheStore() {
    emulator = EmulatorProcess.start("--anonymous");
    emulator.createBucket("models");
    installation = Installation.open(getClass());
  }

  @AfterAll
  void stopTheStore() throws IOException {
    emulator.close();
    Mountpoints.cleanUnder(installation.work());
  }

  @ParameterizedTest
  @EnumSource(Store.class)
  void anUploadNobodyCompletedIsListedAndAbortedByAge(Store store) throws Exception {
    begin("llama/weights.bin");
    begin("qwen/weights.bin");
    Path configuration =
        installation.configuration(
            store.transport(emulator, "models")
                + "mount.prefix = llama\nwrite.staging.path = \"%s\"\n"
                    .formatted(installation.work().resolve("staging")));

    Config listed = list(configuration);
    assertEquals(1, listed.getList("uploads").size(), listed.toString());
    assertEquals("llama/weights.bin", listed.getConfigList("uploads").getFirst().getString("key"));
    assertEquals("llama/", listed.getString("prefix"));
    assertTrue(listed.getList("staged").isEmpty());

    assertEquals(1, sluice(0, configuration, "abort", "--older-than", "1h").lines().count());
    assertEquals(1, list(configuration).getList("uploads").size());
    String aborted = sluice(0, configuration, "abort", "--older-than", "0");
    assertTrue(aborted.startsWith("aborted llama/weights.bin, started "), aborted);
    assertTrue(list(configuration).getList("uploads").isEmpty());

    String outside = sluice(2, configuration, "abort", "--older-than", "0", "--key", "qwen/");
    assertEquals("", outside);
    String text = sluice(0, configuration);
    assertTrue(text.contains("No uploads are pending in "), text);
    assertFalse(text.contains(EmulatorProcess.ACCESS_KEY_SECRET), text);
  }

  private Config list(Path configuration) {
    return ConfigFactory.parseString(sluice(0, configuration, "list", "--json"));
  }

  private String sluice(int status, Path configuration, String... arguments) {
    String[] all = new String[arguments.length + 3];
    all[0] = "uploads";
    all[1] = "-c";
    all[2] = configuration.toString();
    System.arraycopy(arguments, 0, all, 3, arguments.length);
    Command command = installation.sluice(all);
    assertEquals(status, command.status(), command.toString());
    return command.out();
  }

  /** Begins an upload, which the store knows by either dialect. */
  private void begin(String key) throws IOException, InterruptedException {
    try (HttpClient http = HttpClient.newHttpClient()) {
      URI uri = URI.create(emulator.s3() + "/models/" + key + "?uploads");
      HttpResponse<String> answer =
          http.send(
              HttpRequest.newBuilder(uri).POST(BodyPublishers.noBody()).build(),
              BodyHandlers.ofString());
      assertEquals(200, answer.statusCode(), answer.body());
    }
  }
}
