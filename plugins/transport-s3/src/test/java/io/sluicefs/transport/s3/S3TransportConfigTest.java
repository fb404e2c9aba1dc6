// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.transport.s3;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluicefs.spi.MemoryBudget;
import io.sluicefs.spi.PluginSettings;
import io.sluicefs.spi.SettingException;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import io.sluicefs.spi.testkit.LeakCheckedMemory;
import io.sluicefs.spi.testkit.TestContext;
import io.sluicefs.spi.transport.Transport;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class S3TransportConfigTest {
  private static final S3TransportProvider PROVIDER = new S3TransportProvider();
  private static final MemoryBudget MEMORY = new LeakCheckedMemory(1 << 20);

  @TempDir Path folder;

  @Test
  void hasDefaultsForAllButTheBucket() throws Exception {
    S3TransportConfig config = config(Map.of("region", "eu-central-1"));
    assertEquals("models", config.bucket());
    assertEquals("eu-central-1", config.region());
    assertFalse(config.pathStyle());
    assertEquals(Duration.ofSeconds(5), config.connection().connectTimeout());
    assertEquals(Duration.ofSeconds(15), config.connection().requestTimeout());
    assertEquals(Duration.ofSeconds(15), config.connection().noProgressTimeout());
    assertEquals(Duration.ofSeconds(20), config.connection().copyTimeout());
    assertEquals(Duration.ofMinutes(5), config.connection().completionTimeout());
    assertEquals(UploadChecksum.CRC32C, config.uploadChecksum());
    assertEquals(64, config.connection().maxIdleConnections());
    assertTrue(config.userAgent().startsWith("sluice"));
  }

  @Test
  void readsEverySetting() throws Exception {
    S3TransportConfig config =
        config(
            Map.of(
                "endpoint", "https://storage.example.com:9000",
                "region", "nowhere-1",
                "path-style", "true",
                "connect-timeout", "1s",
                "request-timeout", "2s",
                "no-progress-timeout", "3s",
                "completion-timeout", "4m",
                "upload-checksum", "crc64nvme",
                "max-idle-connections", "4"));
    assertEquals(URI.create("https://storage.example.com:9000"), config.endpoint());
    assertEquals("nowhere-1", config.region());
    assertTrue(config.pathStyle());
    assertEquals(Duration.ofSeconds(1), config.connection().connectTimeout());
    assertEquals(Duration.ofSeconds(2), config.connection().requestTimeout());
    assertEquals(Duration.ofSeconds(3), config.connection().noProgressTimeout());
    assertEquals(4, config.connection().maxIdleConnections());
  }

  @ParameterizedTest
  @CsvSource({
    "http://127.0.0.1:9000, models, true",
    "http://localhost:9000, models, true",
    "http://[::1]:9000, models, true",
    "https://10.1.2.3, models, true",
    "https://storage.example.com, models, false",
    "storage.example.com, models, false",
    "https://storage.example.com, my.models, true",
    "'', my.models, true",
    "'', models, false",
  })
  void choosesThePathStyleWhereNoHostNameIsPossible(
      String endpoint, String bucket, boolean expected) throws Exception {
    assertEquals(
        expected,
        config(Map.of("endpoint", endpoint, "bucket", bucket, "region", "x-1")).pathStyle());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "bucket|a b|transport.s3.bucket",
        "bucket||transport.s3.bucket",
        "endpoint|https://h/path|transport.s3.endpoint",
        "endpoint|ftp://h|transport.s3.endpoint",
        "endpoint|https://user:password@h|transport.s3.endpoint",
        "endpoint|http://storage.example.com|allow-http",
        "connect-timeout|0s|transport.s3.connect-timeout",
        "no-progress-timeout|soon|transport.s3.no-progress-timeout",
        "credentials|magic|transport.s3.credentials",
        "credentials|static|access-key-id",
        "credentials|process|credential-process",
        "access-key-id|only-an-id|access-key-secret",
        "ca-certificate|/nonexistent/ca.pem|transport.s3.ca-certificate",
        "ca-certificate|relative.pem|transport.s3.ca-certificate",
        "regoin|x|regoin",
      })
  void saysWhichSettingIsWrong(String name, String value, String expected) {
    Map<String, String> settings = new HashMap<>(Map.of("region", "us-east-1"));
    settings.put(name, value == null ? "" : value);
    SettingException failure =
        assertThrows(
            SettingException.class,
            () -> {
              PluginSettings read = settings(settings);
              S3TransportConfig.of(read);
              S3Credentials.of(read);
            });
    String message = String.valueOf(failure.getMessage());
    assertTrue(message.contains(expected), message);
    assertFalse(message.contains("\n"), message);
    assertFalse(message.contains("password@"), message);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "models@evil.example",
        "evil.example#",
        "evil.example?a",
        "evil.example:80",
        "models/a",
        "a/../b",
        "..",
        "[::1]",
        "models\nHost: evil.example",
        "models\r\nHost: evil.example",
        "models\n"
      })
  void refusesBucketsThatCouldNameAHost(String bucket) {
    SettingException refusal =
        assertThrows(
            SettingException.class, () -> config(Map.of("bucket", bucket, "region", "x-1")));
    String message = String.valueOf(refusal.getMessage());
    assertTrue(message.contains("transport.s3.bucket"), message);
    assertTrue(message.contains("letters, digits, dots, hyphens, underscores"), message);
    assertEquals(1, message.lines().count(), message);
  }

  @ParameterizedTest
  @CsvSource({
    "169.254.169.254, true",
    "169.254.169.254, false",
    "evil.example, true",
    "evil.example, false",
    "a..b, true",
    "evil.example., true",
  })
  void aBucketsNameIsNeverTheHostAlone(String bucket, String pathStyle) throws Exception {
    for (String endpoint : List.of("", "https://storage.example.com")) {
      String host =
          S3Clients.bucket(
                  config(
                      Map.of(
                          "bucket", bucket,
                          "path-style", pathStyle,
                          "endpoint", endpoint,
                          "region", "x-1")))
              .endpoint()
              .host();
      String store = endpoint.isEmpty() ? "s3.x-1.amazonaws.com" : "storage.example.com";
      assertTrue(host.equals(store) || host.equals(bucket + "." + store), host);
    }
  }

  @Test
  void refusesVirtualHostsOfAnAddress() {
    Map<String, String> settings =
        Map.of("endpoint", "http://127.0.0.1:9000", "path-style", "false", "region", "x-1");
    assertThrows(SettingException.class, () -> config(settings));
  }

  @Test
  void takesHttpWhenToldTo() throws Exception {
    Map<String, String> settings =
        Map.of("endpoint", "http://storage.example.com", "allow-http", "true", "region", "x-1");
    assertEquals(URI.create("http://storage.example.com"), config(settings).endpoint());
  }

  @ParameterizedTest
  @ValueSource(strings = {"static", ""})
  void takesKeysOfTheConfiguration(String credentials) throws Exception {
    Map<String, String> settings = new HashMap<>();
    settings.put("access-key-id", "id");
    settings.put("access-key-secret", "secret");
    settings.put("session-token", "token");
    if (!credentials.isEmpty()) {
      settings.put("credentials", credentials);
    }
    S3Credentials found = S3Credentials.of(settings(settings));
    assertEquals("static", found.sourceName());
    assertEquals("id", found.current().id());
  }

  @Test
  void asksAProcessForCredentials() throws Exception {
    String command =
        "echo '{\"Version\":1,\"AccessKeyId\":\"pid\",\"SecretAccessKey\":\"secret\"}'";
    Map<String, String> settings = Map.of("credentials", "process", "credential-process", command);
    S3Credentials found = S3Credentials.of(settings(settings));
    assertEquals("pid", found.current().id());
  }

  @Test
  void saysWhereNoCredentialsCameFrom() {
    Map<String, String> settings =
        Map.of(
            "bucket",
            "models",
            "endpoint",
            "http://127.0.0.1:1",
            "credentials",
            "process",
            "credential-process",
            "exit 3");
    StorageException failure =
        assertThrows(
            StorageException.class,
            () -> {
              try (Transport transport =
                  PROVIDER.open(TestContext.of(PROVIDER, settings, MEMORY))) {
                transport.location();
              }
            });
    assertEquals(Kind.BAD_CREDENTIALS, failure.kind());
    assertTrue(String.valueOf(failure.getMessage()).contains("credentials = process"));
  }

  private static S3TransportConfig config(Map<String, String> settings) throws SettingException {
    return S3TransportConfig.of(settings(settings));
  }

  private static PluginSettings settings(Map<String, String> given) throws SettingException {
    Map<String, String> settings = new HashMap<>(given);
    settings.putIfAbsent("bucket", "models");
    settings.values().removeIf(String::isEmpty);
    return TestContext.of(PROVIDER, settings, MEMORY).settings();
  }
}
