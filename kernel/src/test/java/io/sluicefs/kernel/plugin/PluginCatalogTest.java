// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.plugin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.sluicefs.kernel.config.PluginChoice;
import io.sluicefs.spi.Axis;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PluginCatalogTest {
  private static final String VERSION = "new SpiVersion(SpiVersion.MAJOR, SpiVersion.MINOR)";

  @TempDir Path temp;
  private Path plugins;
  private PluginCatalog catalog;

  @BeforeEach
  void createCatalog() throws IOException {
    plugins = Files.createDirectory(temp.resolve("plugins"));
    catalog = new PluginCatalog(plugins);
  }

  @AfterEach
  void closeCatalog() {
    catalog.close();
  }

  @Test
  void aPluginIsFoundInTheFolderNamedAfterIt() throws Exception {
    install("prefetch-good", "good");

    Plugin plugin = catalog.find(choice("good"));

    assertEquals("good", plugin.descriptor().name());
    assertEquals(plugins.resolve("prefetch-good").toString(), plugin.origin());
    ModuleLayer layer = Objects.requireNonNull(plugin.provider().getClass().getModule().getLayer());
    assertFalse(layer.equals(ModuleLayer.boot()));
  }

  @Test
  void aPluginIsFoundInAFolderOfAnyName() throws Exception {
    install("something-else", "good");

    assertEquals("good", catalog.find(choice("good")).descriptor().name());
  }

  @Test
  void foldersThatAreNotNeededAreNotOpened() throws Exception {
    install("prefetch-good", "good");
    Files.createDirectories(plugins.resolve("broken"));

    catalog.find(choice("good"));

    assertEquals(List.of(), catalog.refusals());
  }

  @Test
  void aBrokenPluginNobodyUsesIsRefusedAndTheOthersAreFound() throws Exception {
    install("something-else", "good");
    Files.createDirectories(plugins.resolve("broken"));

    assertEquals("good", catalog.find(choice("good")).descriptor().name());
    assertEquals(
        List.of(plugins.resolve("broken") + ": no module in it provides a plugin"),
        catalog.refusals());
  }

  @Test
  void aMissingPluginIsNamedWithThoseInstalled() throws Exception {
    install("prefetch-good", "good");

    assertRefused(
        choice("better"),
        "sluice.conf: 7: no plugin prefetch.better in " + plugins + "; installed are good");
  }

  @Test
  void aMissingPluginFolderSaysWhatWasRefused() throws Exception {
    Files.createDirectories(plugins.resolve("broken"));

    assertRefused(choice("good"), "refused: " + plugins.resolve("broken") + ": no module");
  }

  @Test
  void aPluginRootThatDoesNotExistHasNoPlugins() {
    try (PluginCatalog empty = new PluginCatalog(temp.resolve("nowhere"))) {
      PluginException refusal =
          assertThrows(PluginException.class, () -> empty.find(choice("good")));
      assertTrue(message(refusal).contains("none of its kind is installed"), message(refusal));
    }
  }

  @Test
  void theSpiInAFolderIsRefused() throws Exception {
    Path folder = install("prefetch-good", "good");
    new JarBuilder(temp)
        .source("module-info.java", "module io.sluicefs.spi { exports io.sluicefs.spi; }")
        .source("io/sluicefs/spi/Axis.java", "package io.sluicefs.spi; public class Axis {}")
        .build(folder.resolve("sluice-spi-1.jar"));

    assertRefused(
        choice("good"), "contains the module io.sluicefs.spi, which Sluice itself brings");
  }

  @Test
  void theSpiAmongTheLibrariesIsRefused() throws Exception {
    Path folder = install("prefetch-good", "good");
    library(folder.resolve("classpath/sluice-spi-0.1.0.jar"), "1");

    assertRefused(choice("good"), "contains the SPI, which Sluice itself brings");
  }

  @Test
  void aFolderWithoutAProviderIsRefused() throws Exception {
    new JarBuilder(temp)
        .source("module-info.java", "module demo.nothing {}")
        .build(plugins.resolve("prefetch-good/nothing.jar"));

    assertRefused(choice("good"), "prefetch-good: no module in it provides a plugin");
  }

  @Test
  void twoFoldersWithOnePluginAreRefused() throws Exception {
    install("first", "good");
    install("second", "good");

    assertRefused(choice("good"), "prefetch.good is brought by");
    catalog.all();
    assertEquals(
        List.of(
            "%s: brings prefetch.good, as %s does; remove one of them"
                .formatted(plugins.resolve("second"), plugins.resolve("first"))),
        catalog.refusals());
  }

  @Test
  void aPluginForANewerSpiIsRefused() throws Exception {
    install("prefetch-good", provider("good", "new SpiVersion(1, 99)"));

    assertRefused(choice("good"), "prefetch.good was built for SPI 1.99, this Sluice has SPI 1.");
  }

  @Test
  void aPluginForAnotherMajorSpiIsRefused() throws Exception {
    install("prefetch-good", provider("good", "new SpiVersion(2, 0)"));

    assertRefused(choice("good"), "prefetch.good was built for SPI 2.0");
  }

  @Test
  void aPluginWithoutAnSpiVersionIsRefused() throws Exception {
    install("prefetch-good", provider("good", "null"));

    assertRefused(choice("good"), "does not say its axis and the SPI version");
  }

  @Test
  void aPluginWhoseConstructorThrowsIsRefused() throws Exception {
    install(
        "prefetch-good",
        provider("good", VERSION)
            .replace("/*members*/", "public P() { throw new RuntimeException(\"no luck\"); }"));

    assertRefused(choice("good"), "the plugin does not start: RuntimeException: no luck");
  }

  @Test
  void aPluginWhoseDescriptorThrowsIsRefused() throws Exception {
    install("prefetch-good", provider("Not-Kebab", VERSION));

    assertRefused(choice("good"), "the plugin cannot describe itself: IllegalArgumentException");
  }

  @Test
  void aPluginThatCallsItselfAnotherAxisIsRefused() throws Exception {
    install("prefetch-good", provider("good", VERSION).replace("Axis.PREFETCH", "Axis.FUSE"));

    assertRefused(choice("good"), "provides a prefetch and calls itself a fuse");
  }

  @Test
  void aPluginThatNeedsAModuleThatIsNotThereIsRefused() throws Exception {
    Path folder = plugins.resolve("prefetch-good");
    Path absent =
        new JarBuilder(temp)
            .source("module-info.java", "module demo.absent {}")
            .build(temp.resolve("absent.jar"));
    builder("good", provider("good", VERSION))
        .source(
            "module-info.java",
            """
            module demo.good {
              requires io.sluicefs.spi;
              requires demo.absent;
              provides io.sluicefs.spi.prefetch.PrefetcherProvider with demo.good.P;
            }
            """)
        .module(absent)
        .build(folder.resolve("good.jar"));

    assertRefused(choice("good"), "Module demo.absent not found, required by demo.good");
  }

  @Test
  void aJarThatIsNotAModuleIsSentToTheClassPath() throws Exception {
    Path folder = install("prefetch-good", "good");
    library(folder.resolve("library.jar"), "1");

    assertRefused(choice("good"), "library.jar is not a named module; move it to");
  }

  @Test
  void twoModulesWithOnePackageAreRefused() throws Exception {
    Path folder = install("prefetch-good", "good");
    new JarBuilder(temp)
        .source("module-info.java", "module demo.split { exports demo.good; }")
        .source("demo/good/Other.java", "package demo.good; public class Other {}")
        .build(folder.resolve("split.jar"));

    assertRefused(choice("good"), "its modules do not fit together");
  }

  @Test
  void aJarThatCannotBeReadIsRefused() throws Exception {
    Path folder = install("prefetch-good", "good");
    Files.writeString(folder.resolve("junk.jar"), "this is not a jar");

    assertRefused(choice("good"), "prefetch-good: a jar in it cannot be read");
  }

  @Test
  void aFolderEveryUserCanWriteIsRefused() throws Exception {
    Path folder = install("prefetch-good", "good");
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxrwxrwx"));

    assertRefused(choice("good"), "every user can put code there; chmod o-w " + folder);
  }

  @Test
  void aFolderOfAGroupOfSeveralIsRefusedAndOneOfItsOwnersAloneIsNot() throws Exception {
    Path folder = install("prefetch-good", "good");
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxrwxr-x"));
    assumeTrue(isRoot(), "only root can give it to another group");
    Files.setAttribute(folder, "unix:gid", 12_345);

    assertRefused(choice("good"), "its group can put code there; chmod g-w " + folder);

    Files.setAttribute(folder, "unix:gid", 0);
    closeCatalog();
    catalog = new PluginCatalog(plugins);
    assertEquals("good", catalog.find(choice("good")).descriptor().name());
  }

  @Test
  void whatAnotherUserOwnsIsRefused() throws Exception {
    assumeTrue(isRoot(), "only root can give it away");
    Path folder = install("prefetch-good", "good");
    Files.setAttribute(folder.resolve("good.jar"), "unix:uid", 12_345);

    assertRefused(choice("good"), "good.jar: belongs to user 12345, who is neither root nor");
  }

  private static boolean isRoot() throws IOException {
    return Integer.valueOf(0).equals(Files.getAttribute(Path.of("/proc/self"), "unix:uid"));
  }

  @Test
  void aJarEveryUserCanWriteIsRefused() throws Exception {
    Path folder = install("prefetch-good", "good");
    Files.setPosixFilePermissions(
        folder.resolve("good.jar"), PosixFilePermissions.fromString("rw-rw-rw-"));

    assertRefused(choice("good"), "every user can put code there");
  }

  @Test
  void twoPluginsUseDifferentVersionsOfOneLibrary() throws Exception {
    installWithLibrary("prefetch-one", "one", "1.0");
    installWithLibrary("prefetch-two", "two", "2.0");

    assertEquals("library 1.0", catalog.find(choice("one")).provider().toString());
    assertEquals("library 2.0", catalog.find(choice("two")).provider().toString());
  }

  @Test
  void nativeAccessIsEnabledForWhatDeclaresIt() throws Exception {
    builder("good", provider("good", VERSION))
        .manifest("Sluice-Native-Access", "true")
        .build(plugins.resolve("prefetch-good/good.jar"));
    install("prefetch-plain", "plain");

    assertTrue(isNativeAccessEnabled("good"));
    assertFalse(isNativeAccessEnabled("plain"));
  }

  @Test
  void aPluginWithASettingTwiceIsRefused() throws Exception {
    install("prefetch-good", settings("Setting.flag(\"a\", \"x\"), Setting.flag(\"a\", \"y\")"));

    assertRefused(choice("good"), "prefetch.good has the setting a twice");
  }

  @Test
  void aPluginWithASettingThatIsASectionTooIsRefused() throws Exception {
    install("prefetch-good", settings("Setting.flag(\"a\", \"x\"), Setting.flag(\"a.b\", \"y\")"));

    assertRefused(choice("good"), "has the setting a and the section a, with a.b in it");
  }

  @Test
  void aPluginWithADefaultThatIsNoneIsRefused() throws Exception {
    install("prefetch-good", settings("Setting.flag(\"a\", \"x\").withDefault(\"maybe\")"));

    assertRefused(choice("good"), "the plugin cannot describe itself: IllegalArgumentException");
  }

  @Test
  void aSettingWithoutADescriptionIsRefused() throws Exception {
    install("prefetch-good", settings("Setting.flag(\"a\", \"\")"));

    assertRefused(choice("good"), "has the setting a without a description");
  }

  @Test
  void twoJarsOfOneModuleAreRefused() throws Exception {
    Path folder = install("prefetch-good", "good");
    Files.copy(folder.resolve("good.jar"), folder.resolve("old.jar"));

    assertRefused(choice("good"), "good.jar and old.jar are both the module demo.good");
  }

  @Test
  void aFolderThatLoadsHasNoDefects() throws Exception {
    assertEquals(List.of(), catalog.check(install("prefetch-good", "good")));
  }

  @Test
  void aFolderThatIsNotInstalledIsChecked() throws Exception {
    Path elsewhere = temp.resolve("elsewhere");
    builder("good", provider("good", VERSION)).build(elsewhere.resolve("good.jar"));

    assertEquals(List.of(), catalog.check(elsewhere));
    install("prefetch-good", "good");
    assertEquals(
        List.of(
            "%s: brings prefetch.good, as %s does; remove one of them"
                .formatted(elsewhere, plugins.resolve("prefetch-good"))),
        catalog.check(elsewhere));
  }

  @Test
  void aCheckNamesAllDefectsAtOnce() throws Exception {
    Path folder = install("prefetch-good", "good");
    library(folder.resolve("library.jar"), "1");
    library(folder.resolve("classpath/sluice-spi-0.1.0.jar"), "1");
    Files.writeString(folder.resolve("junk.jar"), "this is not a jar");
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxrwxrwx"));

    List<String> defects = catalog.check(folder);
    assertEquals(4, defects.size(), defects::toString);
    assertTrue(defects.stream().allMatch(defect -> defect.startsWith(folder.toString())));
  }

  @Test
  void aCheckNamesEveryProviderThatDoesNotStart() throws Exception {
    Path folder = plugins.resolve("two");
    for (String name : List.of("one", "other")) {
      builder(
              name,
              provider(name, VERSION)
                  .replace(
                      "/*members*/",
                      "public P() { throw new RuntimeException(\"" + name + "\"); }"))
          .build(folder.resolve(name + ".jar"));
    }

    List<String> defects = catalog.check(folder);
    assertEquals(2, defects.size(), defects::toString);
  }

  @Test
  void nativeCodeAJarDoesNotDeclareIsRefused() throws Exception {
    calling("undeclared").build(plugins.resolve("prefetch-good/good.jar"));

    assertRefused(
        choice("good"),
        "good.jar: demo.good.P calls System.loadLibrary and the jar does not say so; put"
            + " Sluice-Native-Access: true into the manifest");
    assertEquals(1, catalog.check(plugins.resolve("prefetch-good")).size());
  }

  @Test
  void nativeCodeAJarDeclaresIsNoDefect() throws Exception {
    Path folder = plugins.resolve("prefetch-good");
    calling("declared").manifest("Sluice-Native-Access", "true").build(folder.resolve("good.jar"));

    assertEquals(List.of(), catalog.check(folder));
  }

  @Test
  void nativeCodeAJarDeniesIsFoundByACheck() throws Exception {
    Path folder = plugins.resolve("prefetch-good");
    calling("denied").manifest("Sluice-Native-Access", "false").build(folder.resolve("good.jar"));

    assertEquals("good", catalog.find(choice("good")).descriptor().name());
    List<String> defects = catalog.check(folder);
    assertEquals(1, defects.size(), defects::toString);
    assertTrue(defects.getFirst().contains("demo.good.P calls System.loadLibrary"));
  }

  private JarBuilder calling(String library) throws IOException {
    return builder(
        "good",
        provider("good", VERSION)
            .replace(
                "/*members*/",
                "public static void load() { System.loadLibrary(\"" + library + "\"); }"));
  }

  @Test
  void aCheckOfNoFolderSaysSo() {
    PluginException refusal =
        assertThrows(PluginException.class, () -> catalog.check(temp.resolve("absent")));
    assertEquals(temp.resolve("absent") + ": is no folder", refusal.getMessage());
  }

  @Test
  void allListsEveryPlugin() throws Exception {
    install("prefetch-good", "good");
    install("prefetch-better", "better");

    assertEquals(
        List.of("better", "good"),
        catalog.all().stream()
            .filter(plugin -> plugin.origin().startsWith(plugins.toString()))
            .map(plugin -> plugin.descriptor().name())
            .toList());
  }

  private boolean isNativeAccessEnabled(String name) throws PluginException {
    return catalog.find(choice(name)).provider().getClass().getModule().isNativeAccessEnabled();
  }

  private void assertRefused(PluginChoice choice, String expected) {
    PluginException refusal = assertThrows(PluginException.class, () -> catalog.find(choice));
    String message = message(refusal);
    assertTrue(message.contains(expected), message);
    assertFalse(message.contains("\n"), message);
    assertTrue(message.contains(plugins.toString()), message);
  }

  private static String message(PluginException refusal) {
    assertNotNull(refusal.getMessage());
    return Objects.requireNonNull(refusal.getMessage());
  }

  private static PluginChoice choice(String name) {
    return new PluginChoice(Axis.PREFETCH, name, "sluice.conf: 7");
  }

  private Path install(String folder, String nameOrProvider) throws IOException {
    boolean isName = !nameOrProvider.contains(" ");
    String name = isName ? nameOrProvider : "good";
    String provider = isName ? provider(name, VERSION) : nameOrProvider;
    Path path = plugins.resolve(folder);
    builder(name, provider).build(path.resolve(name + ".jar"));
    return path;
  }

  private void installWithLibrary(String folder, String name, String version) throws IOException {
    Path path = plugins.resolve(folder);
    Path library = library(path.resolve("classpath/library.jar"), version);
    builder(
            name,
            provider(name, VERSION)
                .replace(
                    "/*members*/",
                    "public String toString() { return \"library \" + lib.Library.version(); }"))
        .library("demo." + name, library)
        .build(path.resolve(name + ".jar"));
  }

  private Path library(Path jar, String version) throws IOException {
    return new JarBuilder(temp)
        .source(
            "lib/Library.java",
            "package lib; public class Library { public static String version() { return \"%s\"; } }"
                .formatted(version))
        .build(jar);
  }

  private JarBuilder builder(String name, String provider) throws IOException {
    return new JarBuilder(temp)
        .source(
            "module-info.java",
            """
            module demo.%s {
              requires io.sluicefs.spi;
              provides %s with demo.%s.P;
            }
            """
                .formatted(name, PluginService.type(Axis.PREFETCH).getName(), name))
        .source("demo/" + name + "/P.java", "package demo." + name + ";\n" + provider);
  }

  private static String settings(String settings) {
    return provider("good", VERSION).replace("List.of()", "List.of(" + settings + ")");
  }

  private static String provider(String name, String version) {
    return """
    import io.sluicefs.spi.*;
    import io.sluicefs.spi.prefetch.*;
    import java.util.List;

    public class P implements PrefetcherProvider {
      /*members*/
      public PluginDescriptor descriptor() {
        return new PluginDescriptor("%s", Axis.PREFETCH, %s, List.of());
      }

      public Prefetcher open(PluginContext context) {
        throw new UnsupportedOperationException();
      }
    }
    """
        .formatted(name, version);
  }
}
