// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.transport.s3;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluicefs.http.AccessKey;
import io.sluicefs.spi.PluginSettings;
import io.sluicefs.spi.SettingException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** When a source is asked, and what is done with what it gives. */
class S3CredentialsTest {
  @TempDir
  @SuppressWarnings("NullAway.Init") // set before each test
  private Path folder;

  @Test
  void keepsWhatTheConfigurationHas() throws Exception {
    S3Credentials credentials =
        credentials(
            Map.of("access-key-id", " id", "access-key-secret", "secret\n", "session-token", "t"));
    assertTrue(credentials.current().isSameAs(AccessKey.of("id", "secret", "t", null)));
    assertFalse(credentials.renew(credentials.current()));
  }

  @Test
  void saysThatAKeyIsEmpty() {
    SettingException failure =
        assertThrows(
            SettingException.class,
            () -> credentials(Map.of("access-key-id", "id", "access-key-secret", " ")));
    assertTrue(String.valueOf(failure.getMessage()).contains("access-key-secret: is empty"));
  }

  @Test
  void asksOnceForWhatLasts() throws Exception {
    S3Credentials credentials = program(Instant.now().plus(Duration.ofHours(1)));
    assertNull(credentials.held());
    AccessKey key = credentials.current();
    assertEquals("id1", key.id());
    assertSame(key, credentials.current());
    assertSame(key, credentials.held());
  }

  @Test
  void asksAgainBeforeWhatItHasExpires() throws Exception {
    S3Credentials credentials = program(Instant.now().plusMillis(1500));
    Instant deadline = Instant.now().plusSeconds(20);
    while (credentials.current().id().equals("id1") && Instant.now().isBefore(deadline)) {
      Thread.onSpinWait();
    }
    assertTrue(runs() > 1);
  }

  @Test
  void goesOnWithWhatItHasWhenTheSourceFails() throws Exception {
    S3Credentials credentials = program(Instant.now().plusMillis(500));
    AccessKey key = credentials.current();
    Files.createFile(folder.resolve("broken"));
    Instant deadline = Instant.now().plusSeconds(20);
    while (runs() < 2 && Instant.now().isBefore(deadline)) {
      assertSame(key, credentials.current());
    }
    assertTrue(runs() > 1);
  }

  @Test
  void asksAnewForWhatIsRefusedUnlessItHasOthersAlready() throws Exception {
    S3Credentials credentials = program(Instant.now().plus(Duration.ofHours(1)));
    AccessKey refused = credentials.current();
    assertTrue(credentials.renew(refused));
    assertEquals("id2", credentials.current().id());
    assertTrue(credentials.renew(refused));
    assertEquals(2, runs());
  }

  /** Returns credentials of a program that prints another id each time, or fails. */
  private S3Credentials program(Instant expiration) throws SettingException {
    String json =
        "{\"Version\":1,\"AccessKeyId\":\"id%d\",\"SecretAccessKey\":\"secret\","
            + "\"SessionToken\":\"token\",\"Expiration\":\""
            + expiration
            + "\"}";
    String command =
        "printf x >> runs; test ! -e broken || exit 3; printf '" + json + "' $(wc -c < runs)";
    command = "cd '" + folder + "' && { " + command + "; }";
    return credentials(Map.of("credentials", "process", "credential-process", command));
  }

  private long runs() throws IOException {
    Path runs = folder.resolve("runs");
    return Files.exists(runs) ? Files.size(runs) : 0;
  }

  private static S3Credentials credentials(Map<String, String> settings) throws SettingException {
    Map<String, PluginSettings.Entry> entries = new HashMap<>();
    entries.put("bucket", new PluginSettings.Entry("models", "test"));
    settings.forEach((name, text) -> entries.put(name, new PluginSettings.Entry(text, "test")));
    return S3Credentials.of(PluginSettings.of("transport.s3", S3TransportConfig.SETTINGS, entries));
  }
}
