// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.distribution;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Plugins that are broken, each in another way, beside those that are not. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class BrokenPluginsTest {
  private static final String GOOD =
      """
      package %1$s;
      import io.sluicefs.spi.*;
      import io.sluicefs.spi.transport.*;
      import java.util.List;
      public class P implements TransportProvider {
        /*members*/
        public PluginDescriptor descriptor() {
          return new PluginDescriptor(
              "%2$s", Axis.TRANSPORT, new SpiVersion(SpiVersion.MAJOR, SpiVersion.MINOR), List.of());
        }
        public Transport open(PluginContext context) { throw new UnsupportedOperationException(); }
      }
      """;

  /** What is said of each broken folder. */
  private final Map<String, String> refusals = new LinkedHashMap<>();

  private EmulatorProcess emulator;
  private Installation installation;
  private Path plugins;

  @BeforeAll
  void breakPlugins() throws IOException {
    emulator = EmulatorProcess.start();
    emulator.createBucket("models");
    emulator.put("models", "file", new byte[] {1, 2, 3});
    installation = Installation.open(getClass()).copy("broken");
    plugins = installation.home().resolve("plugins");
    // Found by opening all folders, as it is not in the one named after it.
    Files.move(plugins.resolve("cache-memory"), plugins.resolve("z-memory"));

    refusals.put("no-provider", "no module in it provides a plugin");
    copy("testkit", "sluice-spi-testkit-", "no-provider");

    refusals.put("other-spi", "transport.b was built for SPI 2.0, this Sluice has SPI 1.");
    write("other-spi", "b", "SpiVersion(SpiVersion.MAJOR, SpiVersion.MINOR)", "SpiVersion(2, 0)");

    refusals.put("throws", "the plugin does not start: IllegalStateException: no luck");
    write(
        "throws",
        "c",
        "/*members*/",
        "public P() { throw new IllegalStateException(\"no luck\"); }");

    refusals.put("lacks-a-module", "Module jdk.incubator.vector not found, required by demo.d");
    PluginJar.write(
        plugins.resolve("lacks-a-module"),
        installation.home().resolve("lib"),
        "demo.d",
        GOOD.formatted("demo.d", "d"),
        "requires jdk.incubator.vector;");

    refusals.put("prefetch-sequential-again", "brings prefetch.sequential, as ");
    Command.output(
        "cp",
        "-r",
        plugins.resolve("prefetch-sequential").toString(),
        plugins.resolve("prefetch-sequential-again").toString());

    refusals.put("with-the-spi", "contains the module io.sluicefs.spi, which Sluice itself brings");
    write("with-the-spi", "e", "", "");
    copy("lib", "sluice-spi-", "with-the-spi");

    refusals.put("bad-settings", "transport.f has the setting a twice");
    write(
        "bad-settings",
        "f",
        "List.of()",
        "List.of(Setting.flag(\"a\", \"One.\"), Setting.flag(\"a\", \"Two.\"))");

    refusals.put("not-a-jar", "a jar in it cannot be read");
    write("not-a-jar", "g", "", "");
    Files.writeString(plugins.resolve("not-a-jar/junk.jar"), "not a jar");

    refusals.put("for-everybody", "every user can put code there; chmod o-w ");
    write("for-everybody", "h", "", "");
    Files.setPosixFilePermissions(
        plugins.resolve("for-everybody"), PosixFilePermissions.fromString("rwxrwxrwx"));

    refusals.put("native", "demo.calling.P calls System.loadLibrary and the jar does not say so");
    write(
        "native",
        "native",
        "throw new UnsupportedOperationException();",
        "System.loadLibrary(\"x\"); return null;");
  }

  private void write(String folder, String name, String what, String by) {
    String module = "demo." + (name.equals("native") ? "calling" : name);
    PluginJar.write(
        plugins.resolve(folder),
        installation.home().resolve("lib"),
        module,
        GOOD.formatted(module, name).replace(what, by));
  }

  private void copy(String from, String prefix, String folder) throws IOException {
    Path target = Files.createDirectories(plugins.resolve(folder));
    try (Stream<Path> jars = Files.list(installation.home().resolve(from))) {
      Path jar =
          jars.filter(path -> path.getFileName().toString().matches(prefix + "\\d.*"))
              .findFirst()
              .orElseThrow();
      Files.copy(jar, target.resolve(jar.getFileName()));
    }
  }

  @AfterAll
  void stopTheStore() throws IOException {
    emulator.close();
    Mountpoints.cleanUnder(installation.work());
  }

  @Test
  void eachIsRefusedWithOneLineAndTheOthersAreListed() {
    Command list = installation.sluice("plugin", "list");
    assertEquals(0, list.status());
    for (String good :
        List.of("oss", "s3", "disk-lmdb", "memory", "model", "sequential", "direct", "jnr")) {
      assertEquals(
          1,
          list.out().lines().filter(line -> line.contains(" " + good + " ")).count(),
          list.out());
    }
    assertEquals(refusals.size(), list.err().lines().count(), list.err());
    refusals.forEach(
        (folder, reason) -> {
          String line = "refused: " + plugins.resolve(folder);
          assertTrue(
              list.err().lines().anyMatch(l -> l.startsWith(line) && l.contains(reason)),
              () -> line + reason + " in " + list.err());
        });
  }

  @Test
  void aMountThatOpensAllFoldersWorks() throws IOException {
    Path configuration =
        installation.configuration(
            Store.S3.transport(emulator, "models") + "memory.limit = 256MiB\n");
    Path mountpoint = installation.mountpoint("mnt");
    assertEquals(
        new Command(0, "", ""),
        installation.sluice("mount", "-c", configuration.toString(), mountpoint.toString()));
    assertEquals(3, Files.readAllBytes(mountpoint.resolve("file")).length);
    assertEquals(new Command(0, "", ""), installation.sluice("umount", mountpoint.toString()));
  }

  @Test
  void nativeCodeThatIsNotDeclaredIsOneLine() {
    String folder = plugins.resolve("native").toString();
    String advice = "put Sluice-Native-Access: true into the manifest\n";
    Command check = installation.sluice("plugin", "check", folder);
    assertEquals(1, check.status());
    assertEquals(
        folder
            + "/demo.calling.jar: demo.calling.P calls System.loadLibrary and the jar does not say so; "
            + advice,
        check.err());

    Path configuration = installation.configuration("transport.native {}\nmemory.limit = 256MiB\n");
    Path mountpoint = installation.mountpoint("not-mounted");
    Command mount =
        installation.sluice("mount", "-c", configuration.toString(), mountpoint.toString());
    assertEquals(1, mount.status());
    assertTrue(mount.err().contains(check.err().strip()), mount.err());
    assertEquals(1, mount.err().lines().count(), mount.err());
    assertFalse(Mountpoints.isMounted(mountpoint));
  }
}
