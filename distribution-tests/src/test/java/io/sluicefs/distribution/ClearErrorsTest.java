// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.distribution;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What people get wrong, and the one line they get for it. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ClearErrorsTest {
  private EmulatorProcess emulator;
  private Installation installation;
  private Path mountpoint;

  @BeforeAll
  void startTheStore() {
    emulator = EmulatorProcess.start();
    emulator.createBucket("models");
    installation = Installation.open(getClass());
    mountpoint = installation.mountpoint("mnt");
  }

  @AfterAll
  void stopTheStore() throws IOException {
    emulator.close();
    Mountpoints.cleanUnder(installation.work());
  }

  @ParameterizedTest
  @EnumSource(Store.class)
  void aWrongKeyIsNamed(Store store) {
    refused(
        store.transport(emulator, "models"),
        Map.of("AWS_ACCESS_KEY_ID", "nobody", "OSS_ACCESS_KEY_ID", "nobody"),
        "InvalidAccessKeyId");
  }

  @ParameterizedTest
  @EnumSource(Store.class)
  void aWrongSecretIsNamed(Store store) {
    refused(
        store.transport(emulator, "models"),
        Map.of("AWS_SECRET_ACCESS_KEY", "wrong", "OSS_ACCESS_KEY_SECRET", "wrong"),
        "SignatureDoesNotMatch");
  }

  @ParameterizedTest
  @EnumSource(Store.class)
  void aWrongBucketIsNamed(Store store) {
    refused(store.transport(emulator, "no-such-bucket"), Map.of(), "no-such-bucket");
  }

  @ParameterizedTest
  @EnumSource(Store.class)
  void anEndpointNobodyListensAtIsNamed(Store store) {
    String configuration =
        store.transport(emulator, "models").replaceAll("http://[^\"]*", "http://127.0.0.1:9");
    refused(configuration, Map.of(), "127.0.0.1:9");
  }

  @ParameterizedTest
  @EnumSource(Store.class)
  void anEndpointThatDoesNotResolveIsNamed(Store store) {
    String configuration =
        store
            .transport(emulator, "models")
            .replaceAll("http://[^\"]*", "https://no-such-host.invalid");
    refused(configuration, Map.of(), "no-such-host.invalid");
  }

  @ParameterizedTest
  @EnumSource(Store.class)
  void aServerOfOldVersionsOfTlsIsNamed(Store store) throws Exception {
    for (String version : List.of("TLSv1", "TLSv1.1")) {
      try (OldTlsServer server = OldTlsServer.start(installation.work(), version)) {
        String configuration =
            store.transport(emulator, "models").replaceAll("http://[^\"]*", server.url());
        refused(configuration, Map.of(), server.url(), "neither TLS 1.2 nor TLS 1.3");
      }
    }
  }

  @Test
  void anUnknownSettingIsNamedWithFileAndLine() {
    refused(
        Store.S3.transport(emulator, "models") + "cache.memory.capactiy = 1GiB\n",
        Map.of(),
        "capactiy",
        "sluice.conf",
        "7");
  }

  @Test
  void anIllTypedSettingIsNamedWithFileAndLine() {
    refused(
        Store.S3.transport(emulator, "models") + "memory.limit = plenty\n",
        Map.of(),
        "memory.limit",
        "sluice.conf",
        "7");
  }

  @Test
  void aMemoryLimitTooSmallToWorkIsNamed() {
    refused(
        Store.S3.transport(emulator, "models") + "memory.limit = 1MiB\n",
        Map.of(),
        "memory.limit",
        "at least 144MiB");
  }

  @Test
  void aMemoryLimitAboveTheMachinesMemoryIsNamed() {
    refused(
        Store.S3.transport(emulator, "models") + "memory.limit = 900TiB\n",
        Map.of(),
        "sluice.conf",
        "memory.limit",
        "more than the",
        "set less");
  }

  @Test
  void aMissingPluginIsNamed() {
    refused(
        Store.S3.transport(emulator, "models") + "prefetch.clairvoyant {}\n",
        Map.of(),
        "clairvoyant");
  }

  @Test
  void aPluginBuiltForAnotherSpiVersionIsNamed() throws IOException {
    Installation copy = installation.copy("with-plugin");
    PluginJar.write(
        copy.home().resolve("plugins/cache-future"),
        copy.home().resolve("lib"),
        "io.sluicefs.cache.future",
        """
        package io.sluicefs.cache.future;
        import io.sluicefs.spi.*;
        import io.sluicefs.spi.cache.*;
        public class FutureProvider implements BlockCacheProvider {
          public PluginDescriptor descriptor() {
            return new PluginDescriptor("future", Axis.CACHE, new SpiVersion(99, 0), java.util.List.of());
          }
          public BlockCache open(PluginContext context) { throw new AssertionError(); }
        }
        """);
    Path configuration =
        copy.configuration(
            Store.S3.transport(emulator, "models")
                + "cache { memory {}, future {}, tiers = [memory, future] }\n");
    oneLine(
        copy.sluice("mount", "-c", configuration.toString(), mountpoint.toString()),
        "cache-future",
        "99.0");
    assertFalse(Mountpoints.isMounted(mountpoint));
  }

  @Test
  void aMissingMountpointIsNamed() {
    Path missing = installation.work().resolve("not-there");
    Path configuration = installation.configuration(Store.S3.transport(emulator, "models"));
    oneLine(
        installation.sluice("mount", "-c", configuration.toString(), missing.toString()),
        missing.toString());
  }

  @Test
  void aMountpointThatIsNotEmptyIsRefused() throws IOException {
    Path full = installation.mountpoint("full");
    Files.writeString(full.resolve("a-file"), "x");
    Path configuration = installation.configuration(Store.S3.transport(emulator, "models"));
    oneLine(
        installation.sluice("mount", "-c", configuration.toString(), full.toString()),
        full.toString(),
        "empty");
    assertFalse(Mountpoints.isMounted(full));
  }

  @Test
  void aMissingConfigurationFileIsNamed() {
    oneLine(
        installation.sluice("mount", "-c", "/no/such/file.conf", mountpoint.toString()),
        "/no/such/file.conf");
  }

  @Test
  void unmountingWhatIsNotMountedIsRefused() {
    oneLine(installation.sluice("umount", mountpoint.toString()), mountpoint.toString());
  }

  private void refused(String configuration, Map<String, String> environment, String... expected) {
    Path file = installation.configuration(configuration);
    oneLine(
        installation.sluice(environment, "mount", "-c", file.toString(), mountpoint.toString()),
        expected);
    assertFalse(Mountpoints.isMounted(mountpoint));
  }

  private static void oneLine(Command command, String... expected) {
    assertNotEquals(0, command.status(), command.toString());
    assertEquals(1, command.err().lines().count(), command.err());
    assertEquals("", command.out());
    for (String part : expected) {
      assertTrue(command.err().contains(part), part + " in: " + command.err());
    }
    assertFalse(command.err().contains(EmulatorProcess.ACCESS_KEY_SECRET), command.err());
  }
}
