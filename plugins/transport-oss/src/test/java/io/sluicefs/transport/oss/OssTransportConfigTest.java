// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.transport.oss;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.aliyun.oss.common.comm.SignVersion;
import io.sluicefs.spi.Setting;
import io.sluicefs.spi.SettingException;
import io.sluicefs.transport.oss.OssEndpoint.Addressing;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OssTransportConfigTest {
  private static final Map<String, String> MINIMAL =
      Map.of("endpoint", "oss-cn-hangzhou-internal.aliyuncs.com", "bucket", "models");

  @Test
  void needsNoMoreThanEndpointAndBucket() throws SettingException {
    OssTransportConfig config = config(Map.of());

    assertEquals(
        "https://models.oss-cn-hangzhou-internal.aliyuncs.com",
        config.endpoint().server().toString());
    assertEquals("a/b%20c", config.endpoint().path("a/b c"));
    assertEquals(
        "oss://oss-cn-hangzhou-internal.aliyuncs.com/models", config.endpoint().location());
    assertEquals(SignVersion.V1, config.signature());
    assertNull(config.region());
    assertEquals(Duration.ofSeconds(5), config.connection().connectTimeout());
    assertEquals(Duration.ofSeconds(15), config.connection().requestTimeout());
    assertEquals(Duration.ofSeconds(15), config.connection().noProgressTimeout());
    assertEquals(64, config.connection().maxIdleConnections());
    assertEquals(Duration.ofSeconds(20), config.connection().copyTimeout());
    assertEquals(Duration.ofMinutes(5), config.connection().completionTimeout());
    assertTrue(config.verifyUploads());
  }

  @Test
  void signsV4WhereTheRegionIsSet() throws SettingException {
    OssTransportConfig config = config(Map.of("region", "cn-hangzhou"));

    assertEquals(SignVersion.V4, config.signature());
    assertEquals("cn-hangzhou", config.region());
  }

  @Test
  void signsV1WhereThatIsAskedFor() throws SettingException {
    assertEquals(
        SignVersion.V1, config(Map.of("region", "cn-hangzhou", "signature", "v1")).signature());
  }

  @Test
  void refusesV4WithoutRegion() {
    refused(Map.of("signature", "v4"), "transport.oss.signature", "transport.oss.region");
  }

  @Test
  void addressesByPathWhereTheHostIsAnAddress() throws SettingException {
    OssEndpoint endpoint = config(Map.of("endpoint", "http://127.0.0.1:9000")).endpoint();

    assertEquals(Addressing.PATH, endpoint.addressing());
    assertEquals("http://127.0.0.1:9000", endpoint.server().toString());
    assertEquals("models/a", endpoint.path("a"));
    assertEquals("models/", endpoint.path(null));
    assertEquals("/models/a", endpoint.resource("a"));
  }

  @Test
  void addressesByPathWhereThatIsAskedFor() throws SettingException {
    OssEndpoint endpoint = config(Map.of("path-style", "true")).endpoint();

    assertEquals("https://oss-cn-hangzhou-internal.aliyuncs.com", endpoint.server().toString());
    assertEquals("models/a", endpoint.path("a"));
  }

  @Test
  void leavesTheBucketOutWhereTheHostIsItsAlias() throws SettingException {
    OssEndpoint endpoint =
        config(Map.of("endpoint", "https://cdn.example.com", "cname", "true")).endpoint();

    assertEquals("https://cdn.example.com", endpoint.server().toString());
    assertEquals("a", endpoint.path("a"));
    assertEquals("/models/a", endpoint.resource("a"));
  }

  @Test
  void refusesAnAliasThatIsAddressedByPath() {
    refused(Map.of("cname", "true", "path-style", "true"), "transport.oss.cname", "path-style");
  }

  @Test
  void refusesPlainHttpBeyondThisMachine() {
    refused(
        Map.of("endpoint", "http://oss-cn-hangzhou.aliyuncs.com"),
        "transport.oss.endpoint",
        "allow-http");
  }

  @Test
  void takesPlainHttpWhereThatIsAskedFor() throws SettingException {
    OssEndpoint endpoint =
        config(Map.of("endpoint", "http://oss-cn-hangzhou.aliyuncs.com", "allow-http", "true"))
            .endpoint();

    assertEquals("http://models.oss-cn-hangzhou.aliyuncs.com", endpoint.server().toString());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ftp://host",
        "https://",
        "https://host/path",
        "https://user@host",
        "https://host?a=b",
        "a b"
      })
  void refusesEndpointsThatAreNone(String endpoint) {
    refused(Map.of("endpoint", endpoint), "transport.oss.endpoint", "expected");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ab",
        "Models",
        "mod.els",
        "-models",
        "models/a",
        "models@evil.example",
        "evil.example#",
        "evil.example?a",
        "evil.example:80",
        "a/../b",
        "169.254.169.254",
        "models\nHost: evil.example",
        "models\r\nHost: evil.example",
        "models\n"
      })
  void refusesBucketsThatAreNone(String bucket) {
    refused(Map.of("bucket", bucket), "transport.oss.bucket", "expected");
  }

  @Test
  void refusesTimesOfZero() {
    refused(Map.of("connect-timeout", "0s"), "transport.oss.connect-timeout", "more than zero");
  }

  @Test
  void refusesAFileWithoutCertificates(@TempDir Path directory) throws IOException {
    Path file = Files.writeString(directory.resolve("ca.pem"), "nothing");

    refused(Map.of("ca-certificate", file.toString()), "transport.oss.ca-certificate", "ca.pem");
  }

  @Test
  void tellsWhichSettingsAreSecret() {
    assertEquals(
        "access-key-id access-key-secret security-token",
        String.join(
            " ",
            OssTransportConfig.SETTINGS.stream()
                .filter(Setting::isSecret)
                .map(Setting::name)
                .toList()));
  }

  @Test
  void isDescribedInItsReadme() throws IOException {
    String readme = Files.readString(Path.of("README.md"));

    for (Setting<?> setting : OssTransportConfig.SETTINGS) {
      assertTrue(readme.contains("| `" + setting.name() + "` |"), setting.name());
    }
  }

  private static OssTransportConfig config(Map<String, String> settings) throws SettingException {
    return OssTransportConfig.of(OssSettings.of(MINIMAL, settings), true);
  }

  private static void refused(Map<String, String> settings, String... words) {
    SettingException refusal = assertThrows(SettingException.class, () -> config(settings));
    String message = String.valueOf(refusal.getMessage());
    for (String word : words) {
      assertTrue(message.contains(word), message);
    }
    assertEquals(1, message.lines().count(), message);
  }
}
