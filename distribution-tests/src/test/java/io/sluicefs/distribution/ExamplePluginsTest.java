// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.distribution;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * The plugins of {@code examples/}, built as their authors would, which runs their contract suites,
 * and dropped into the distribution.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ExamplePluginsTest {
  private static final int BLOCK = 128 << 10;
  private static final int SHARD = 48 << 20;

  private Installation installation;
  private MavenProject directory;
  private MavenProject valkey;

  @BeforeAll
  void buildAndInstall() {
    Installation shipped = Installation.open(getClass());
    MavenProject.forgetThisProject();
    directory = MavenProject.example("transport-directory", shipped.work());
    valkey = MavenProject.example("cache-valkey", shipped.work());
    directory.run(shipped, "verify");
    valkey.run(shipped, "verify");
    installation = shipped.copy("with-plugins");
    install(directory, "transport-directory");
    install(valkey, "cache-valkey");
  }

  private void install(MavenProject project, String name) {
    Command.output(
        "cp",
        "-r",
        project.plugin().toString(),
        installation.home().resolve("plugins").resolve(name).toString());
  }

  @AfterAll
  void cleanUp() throws IOException {
    Mountpoints.cleanUnder(installation.work());
  }

  @Test
  void theirFoldersLoadAndAreListedWithTheirSettings() {
    for (String name : List.of("transport-directory", "cache-valkey")) {
      Path folder = installation.home().resolve("plugins").resolve(name);
      assertEquals(
          new Command(0, folder + ": loads\n", ""),
          installation.sluice("plugin", "check", folder.toString()));
    }
    Command list = installation.sluice("plugin", "list", "--json");
    assertEquals("", list.err());
    Config plugin =
        ConfigFactory.parseString(list.out()).getConfigList("plugins").stream()
            .filter(one -> one.getString("name").equals("valkey"))
            .findFirst()
            .orElseThrow();
    assertEquals("cache", plugin.getString("axis"));
    assertEquals("1.0.0", plugin.getString("version"));
    assertTrue(plugin.getString("spi").matches("1\\.\\d+"), plugin.getString("spi"));
    assertEquals(
        installation.home().resolve("plugins/cache-valkey").toString(), plugin.getString("origin"));
    Config address = plugin.getConfigList("settings").getFirst();
    assertEquals("address", address.getString("name"));
    assertTrue(address.getBoolean("required"));
    assertEquals("128KiB", plugin.getConfigList("settings").get(3).getString("default"));
  }

  @Test
  void aDirectoryIsMountedThroughACacheOnAServer() throws IOException {
    Path bucket = Files.createDirectories(installation.work().resolve("buckets/models"));
    byte[] content = new byte[3 * BLOCK + 17];
    new Random(7).nextBytes(content);
    Files.write(bucket.resolve("model.bin"), content);
    try (ValkeyProcess server = ValkeyProcess.start("127.0.0.1", installation.work())) {
      Path configuration =
          installation.configuration(
              """
              transport.directory { root = "%s", bucket = models }
              cache { memory {}, valkey { address = "%s", timeout = 1m } }
              mount.read-only = true
              memory.limit = 256MiB
              """
                  .formatted(bucket.getParent(), server.address()));
      Path mountpoint = installation.mountpoint("mnt");
      assertEquals(
          new Command(0, "", ""),
          installation.sluice("mount", "-c", configuration.toString(), mountpoint.toString()));
      assertTrue(Arrays.equals(content, Files.readAllBytes(mountpoint.resolve("model.bin"))));
      server.awaitSize(4);
      assertEquals(0, installation.sluice("umount", mountpoint.toString()).status());
    }
  }

  @Test
  void theSuiteOfTheTestkitFolderRunsAgainstTheInstalledCache() {
    Command test;
    Command withoutServer;
    String address;
    try (ValkeyProcess server = ValkeyProcess.start("127.0.0.1", installation.work())) {
      address = server.address();
      test = testTheCache(address);
    }
    withoutServer = testTheCache(address);
    assertEquals(0, test.status(), test::toString);
    assertTrue(
        test.out().matches("cache\\.valkey: [3-9]\\d passed, 0 skipped, 0 failed\n"),
        test::toString);
    assertEquals(1, withoutServer.status(), withoutServer::toString);
    assertEquals(1, withoutServer.err().lines().count(), withoutServer::toString);
    assertTrue(withoutServer.err().contains(address), withoutServer::toString);
  }

  private Command testTheCache(String address) {
    Path configuration =
        installation.configuration(
            "cache { valkey { address = \"%s\", memory = 4MiB, timeout = 1m } }\n"
                .formatted(address));
    return installation.sluice("plugin", "test", "valkey", "-c", configuration.toString());
  }

  @Test
  void whatOneHostLoadedASecondHostDownloadsNothingOf() {
    try (NetworkHosts hosts = NetworkHosts.make();
        ValkeyProcess server = ValkeyProcess.start(hosts.address(), installation.work());
        EmulatorProcess emulator = EmulatorProcess.start("--address", hosts.address())) {
      emulator.createBucket("shared");
      List<String> shards = List.of("model-1.bin", "model-2.bin");
      for (String shard : shards) {
        emulator.putSynthetic("shared", shard, SHARD, shard.hashCode());
      }
      Path configuration =
          installation.configuration(
              Store.S3.transport(emulator, "shared")
                  + """
                  transport.s3.allow-http = true
                  cache {
                    memory { capacity = 32MiB }
                    valkey { address = "%s", timeout = 1m }
                  }
                  mount.read-only = true
                  memory.limit = 256MiB
                  """
                      .formatted(server.address()));
      for (int host = 0; host < 2; host++) {
        emulator.resetCounters();
        Path mountpoint = installation.mountpoint("host-" + host);
        String[] mount =
            installation.command("mount", "-c", configuration.toString(), mountpoint.toString());
        assertEquals(new Command(0, "", ""), installation.program(hosts.on(host, mount)));
        for (String shard : shards) {
          assertEquals(
              emulator.sha256("shared", shard),
              Command.output("sha256sum", mountpoint.resolve(shard).toString()).substring(0, 64));
        }
        long downloaded = emulator.counters().getLong("bytes-out");
        if (host == 0) {
          assertTrue(downloaded >= 2L * SHARD, () -> downloaded + " bytes");
          server.awaitSize(2L * SHARD / BLOCK);
        } else {
          assertTrue(downloaded <= 2L * SHARD / 20, () -> downloaded + " bytes");
        }
      }
      for (int host = 0; host < 2; host++) {
        Path mountpoint = installation.mountpoint("host-" + host);
        assertEquals(0, installation.sluice("umount", mountpoint.toString()).status());
        assertFalse(Mountpoints.isMounted(mountpoint));
      }
    }
  }
}
