// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluicefs.kernel.staging.StagingOptions;
import io.sluicefs.spi.Axis;
import io.sluicefs.spi.PluginDescriptor;
import io.sluicefs.spi.PluginSettings;
import io.sluicefs.spi.Secret;
import io.sluicefs.spi.Setting;
import io.sluicefs.spi.SettingException;
import io.sluicefs.spi.SpiVersion;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

class ConfigurationTest {
  private static final Setting<String> BUCKET = Setting.string("bucket", "The bucket.").required();
  private static final Setting<Long> CHUNK_SIZE =
      Setting.size("chunk-size", "Bytes of a request.").withDefault("8MiB");
  private static final Setting<Secret> SECRET_KEY = Setting.secret("secret-key", "The key.");
  private static final PluginDescriptor S3 =
      new PluginDescriptor(
          "s3",
          Axis.TRANSPORT,
          new SpiVersion(SpiVersion.MAJOR, SpiVersion.MINOR),
          List.of(BUCKET, CHUNK_SIZE, SECRET_KEY));

  @TempDir Path temp;

  @Test
  void aFileWithOneTransportChoosesItAndTheDefaults() throws Exception {
    Configuration configuration = load("transport.s3 { bucket = models }");

    assertEquals(
        new PluginChoice(Axis.TRANSPORT, "s3", at(1)), configuration.plugin(Axis.TRANSPORT));
    assertEquals(
        List.of(new PluginChoice(Axis.PREFETCH, "sequential", "default")),
        configuration.prefetchers());
    assertEquals(new PluginChoice(Axis.FUSE, "direct", "default"), configuration.plugin(Axis.FUSE));
    assertEquals(
        List.of(new PluginChoice(Axis.CACHE, "memory", "default")), configuration.caches());
  }

  @Test
  void settingsOfAPluginAreTyped() throws Exception {
    PluginSettings settings = s3("transport.s3 { bucket = models, chunk-size = 16MiB }");

    assertEquals("models", settings.get(BUCKET));
    assertEquals(16L << 20, settings.get(CHUNK_SIZE));
    assertEquals(at(1), settings.origin(CHUNK_SIZE));
  }

  @Test
  void settingsOfTheKernelAreTyped() throws Exception {
    Configuration configuration =
        load(
            """
            mount { prefix = llama, umask = 0027, file-mode = 0666, uid = 1000 }
            metadata.attribute-ttl = 5m
            memory.limit = 2GiB
            log.level = debug
            """);

    MountSettings mount = configuration.mount();
    assertEquals("llama/", mount.prefix());
    assertEquals(0640, mount.fileMode());
    assertEquals(0750, mount.directoryMode());
    assertEquals(1000, mount.uid().orElseThrow());
    assertEquals(Duration.ofMinutes(5), configuration.metadata().attributeTtl());
    assertEquals(2L << 30, configuration.memory().limit().orElseThrow());
    assertEquals(LogSettings.Level.DEBUG, configuration.log().level());
  }

  @Test
  void aSectionInAnotherIsTyped() throws Exception {
    StagingOptions staging =
        load("write { staging { path = /scratch/./sluice, max-size = 2GiB } }")
            .staging()
            .options()
            .orElseThrow();

    assertEquals(new StagingOptions(Path.of("/scratch/sluice"), 2L << 30, 1L << 30), staging);
  }

  @Test
  void stagingHasAFolderUnlessItIsSwitchedOff() throws Exception {
    assertTrue(load("").staging().options().orElseThrow().path().endsWith("sluice/staging"));
    assertTrue(load("write.staging.path = \"\"").staging().options().isEmpty());
    assertMessage(
        at(1) + ": write.staging.path: expected an absolute path",
        () -> load("write.staging.path = scratch"));
  }

  @Test
  void whatIsUnknownInASectionOfSectionsIsNamed() {
    assertMessage(
        at(2) + ": unknown setting write.staging.max-sise; did you mean max-size?",
        () -> load("write.staging {\n max-sise = 1GiB\n}"));
    assertMessage(
        at(1)
            + ": unknown setting write.stagin.path; known are keep-attributes, keep-size, part-size, rename-limit,"
            + " requests, requests-per-file, staging",
        () -> load("write.stagin.path=/a"));
    assertMessage(at(1) + ": write: expected a section", () -> load("write = fast"));
    assertMessage(at(1) + ": write.staging: expected a section", () -> load("write.staging = /a"));
    assertMessage("unknown section wrote; did you mean write?", () -> load("wrote.staging {}"));
  }

  @Test
  void aFileThatIsNotThereIsNamed() {
    Path file = temp.resolve("absent.conf");

    assertMessage(file + ": no such file", () -> Configuration.load(file, List.of()));
  }

  @Test
  void brokenHoconIsNamedWithItsLine() {
    assertMessage(at(2) + ": ", () -> load("memory {\n limit = https://x\n}"));
  }

  @Test
  void aBrokenLineDoesNotShowWhatMayBeASecret() {
    SettingException failure =
        assertThrows(
            SettingException.class, () -> load("transport.s3.secret-key = {hunter2:\"x\" ]"));

    assertFalse(message(failure).contains("hunter2"), message(failure));
  }

  @Test
  void anUnknownSectionSaysWhatMayBeMeant() {
    assertMessage(
        at(2) + ": unknown section trasport; did you mean transport?",
        () -> load("\ntrasport.s3 { bucket = a }"));
  }

  @Test
  void anUnknownSettingOfTheKernelSaysWhatMayBeMeant() {
    assertMessage(
        at(3) + ": unknown setting mount.prefx; did you mean prefix?",
        () -> load("mount {\n read-only = true\n prefx = a\n}"));
  }

  @Test
  void anUnknownSettingOfAPluginListsThoseKnownWhenNoneIsClose() {
    assertMessage(
        at(1) + ": unknown setting transport.s3.colour; known are bucket, chunk-size, secret-key",
        () -> s3("transport.s3 { bucket = a, colour = red }"));
  }

  @Test
  void aSettingThatIsNoSuchValueSaysWhatIsExpected() {
    assertMessage(
        at(1) + ": memory.limit: expected a size of at least 144MiB",
        () -> load("memory.limit = lots"));
    assertMessage(
        at(1) + ": memory.limit: expected a size of at least 144MiB",
        () -> load("memory.limit = 1MiB"));
  }

  @Test
  void aSectionWhereASettingIsExpectedIsUnknown() {
    assertMessage(
        at(1) + ": unknown setting memory.limit.most", () -> load("memory.limit.most = 3GiB"));
  }

  @Test
  void aSettingWhereASectionIsExpectedIsAnError() {
    assertMessage(at(1) + ": mount: expected a section", () -> load("mount = llama"));
  }

  @Test
  void aMissingSettingIsNamed() {
    assertMessage("transport.s3.bucket is missing", () -> s3("transport.s3 {}"));
  }

  @Test
  void aSettingOfAPluginOutsideItsSectionSaysWhereItBelongs() {
    assertMessage(
        at(1) + ": unknown setting transport.bucket; settings of a plugin stand in its own section",
        () -> load("transport { bucket = a, s3 {} }"));
  }

  @Test
  void theEnvironmentIsSubstitutedAndNamedAsOrigin() throws Exception {
    Map.Entry<String, String> variable = variable();

    PluginSettings settings = s3("\ntransport.s3.bucket = ${?" + variable.getKey() + "}");

    assertEquals(variable.getValue(), settings.get(BUCKET));
    assertEquals(
        at(2) + " (environment variable " + variable.getKey() + ")", settings.origin(BUCKET));
  }

  @Test
  void anAbsentVariableLeavesTheSettingOut() throws Exception {
    assertEquals(
        "models",
        s3("transport.s3.bucket = models, transport.s3.bucket = ${?SLUICE_NO_SUCH}").get(BUCKET));
  }

  @Test
  void aRequiredVariableThatIsAbsentIsNamed() {
    assertMessage("${SLUICE_NO_SUCH}", () -> load("memory.limit = ${SLUICE_NO_SUCH}"));
  }

  @Test
  void anErrorInAnIncludedFileNamesThatFile() throws Exception {
    Path included = Files.writeString(temp.resolve("part.conf"), "\nmemory.limit = lots\n");

    assertMessage(included + ": 2: memory.limit: expected", () -> load("include \"part.conf\""));
  }

  @Test
  void setWinsOverTheFile() throws Exception {
    Configuration configuration = load("memory.limit = 1GiB", "memory.limit=2GiB");

    assertEquals(2L << 30, configuration.memory().limit().orElseThrow());
  }

  @Test
  void anErrorInSetSaysSo() {
    assertMessage("--set: unknown setting memory.limt", () -> load("", "memory.limt=2GiB"));
    assertMessage("--set memory.limit: expected path=value", () -> load("", "memory.limit"));
    assertMessage("--set: unknown section memry", () -> load("", "memry.limit=2GiB"));
  }

  @Test
  void setOfAnAxisChoosesAPluginAndKeepsItsSettings() throws Exception {
    Configuration configuration =
        load("transport { oss {}, s3 { bucket = models } }", "transport=s3");

    PluginChoice choice = configuration.plugin(Axis.TRANSPORT);
    assertEquals("s3", choice.name());
    assertEquals("models", configuration.settings(choice, S3).get(BUCKET));
  }

  @Test
  void aNameIsShortForAPluginWithoutSettings() throws Exception {
    assertEquals(
        new PluginChoice(Axis.FUSE, "direct", at(1)), load("fuse = direct").plugin(Axis.FUSE));
  }

  @Test
  void severalPluginsNeedAChoice() throws Exception {
    assertMessage(
        at(2) + ": transport has several plugins, s3 and oss: choose one with transport.use = s3",
        () -> load("transport.s3 {}\ntransport.oss {}").plugin(Axis.TRANSPORT));
    assertEquals(
        "oss", load("transport { s3 {}, oss {}, use = oss }").plugin(Axis.TRANSPORT).name());
  }

  @Test
  void prefetchersAreAskedInTheOrderGiven() throws Exception {
    assertEquals(List.of("model", "sequential"), prefetchers("prefetch = [model, sequential]"));
    assertEquals(
        List.of("sequential", "model"),
        prefetchers("prefetch { model {}, sequential {}, use = [sequential, model] }"));
    assertEquals(List.of("model"), prefetchers("prefetch.model {}"));
    assertMessage(
        at(1) + ": prefetch has several plugins, model and sequential",
        () -> prefetchers("prefetch { model {}, sequential {} }"));
    assertMessage(
        "prefetch.use: expected each plugin once", () -> prefetchers("prefetch = [a, a]"));
  }

  @Test
  void filesOfTracesAreAbsolute() throws Exception {
    Configuration configuration =
        load("prefetch { record = /var/tmp/new.trace, replay = /var/tmp/old.trace }");

    assertEquals(Optional.of(Path.of("/var/tmp/new.trace")), configuration.traces().record());
    assertEquals(Optional.of(Path.of("/var/tmp/old.trace")), configuration.traces().replay());
    assertEquals("sequential", configuration.prefetchers().getFirst().name());
    assertMessage(
        at(1) + ": prefetch.record: expected an absolute path",
        () -> load("prefetch.record = new.trace"));
  }

  @Test
  void noTransportIsAnError() {
    assertMessage("sluice.conf: no transport is configured", () -> load("").plugin(Axis.TRANSPORT));
  }

  @Test
  void aNameThatCannotBeAPluginsIsAnError() {
    assertMessage(at(1) + ": fuse: expected the name", () -> load("fuse = ../x").plugin(Axis.FUSE));
  }

  @Test
  void cachesAreStackedMemoryFirst() throws Exception {
    assertEquals(
        List.of("memory", "disk-lmdb"),
        names(load("cache.disk-lmdb {}\ncache.memory.capacity = 1GiB")));
    assertEquals(List.of("memory", "disk-lmdb"), names(load("cache.disk-lmdb {}")));
    assertEquals(
        List.of("memory", "b", "a"), names(load("cache { tiers = [memory, b, a], a {}, b {} }")));
    assertEquals(List.of("memory"), names(load("cache { tiers = [memory], a {} }")));
    assertEquals(List.of("memory", "a"), names(load("", "cache.tiers=memory,a")));
  }

  @Test
  void aMemoryCacheBelowAnotherIsAnError() {
    assertMessage(
        at(1) + ": cache.tiers: expected memory first",
        () -> load("cache.tiers = [a, memory]").caches());
    assertMessage(
        at(1) + ": cache.tiers: expected memory first",
        () -> load("cache.tiers = [memory, memory]").caches());
  }

  @Test
  void aSecretInAFileEveryUserCanReadIsRefused() throws Exception {
    Path file = temp.resolve("sluice.conf");
    Files.writeString(file, "transport.s3 { bucket = a, secret-key = hunter2 }");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));

    SettingException failure =
        assertThrows(SettingException.class, () -> s3(Configuration.load(file, List.of())));

    assertTrue(message(failure).contains("every user can read this file"), message(failure));
    assertFalse(message(failure).contains("hunter2"), message(failure));
  }

  @Test
  void aSecretFromTheEnvironmentIsTakenWhoeverCanReadTheFile() throws Exception {
    Path file = temp.resolve("sluice.conf");
    Files.writeString(
        file, "transport.s3 { bucket = a, secret-key = ${" + variable().getKey() + "} }");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));

    assertTrue(s3(Configuration.load(file, List.of())).find(SECRET_KEY).isPresent());
  }

  @Test
  void aSecretOnTheCommandLineIsRefused() {
    SettingException failure =
        assertThrows(
            SettingException.class,
            () -> s3(load("transport.s3.bucket = a", "transport.s3.secret-key=hunter2")));

    assertTrue(message(failure).contains("secret on a command line"), message(failure));
    assertFalse(message(failure).contains("hunter2"), message(failure));
  }

  @Test
  void theReferenceShowsEverySettingAndIsAConfigurationOnceUncommented() throws Exception {
    String reference = ConfigReference.of(List.of(S3));

    assertTrue(reference.contains("#   chunk-size = 8MiB\n"), reference);
    assertTrue(reference.contains("#   # A size such as 8MiB.\n"), reference);
    for (Section section : Configuration.sections()) {
      for (Setting<?> setting : section.settings()) {
        assertTrue(reference.contains("#   " + setting.name() + " ="), setting.name());
      }
    }
    reference.lines().forEach(line -> assertTrue(line.isEmpty() || line.startsWith("#"), line));
    load(reference);
    load(
        reference
            .lines()
            .filter(line -> !line.endsWith(" =") && !line.endsWith("use ="))
            .filter(line -> line.matches("# (  )?[a-z0-9.-]+ [={].*|# }"))
            .map(line -> line.substring(2) + "\n")
            .reduce("", String::concat));
  }

  private List<String> prefetchers(String text) throws Exception {
    return load(text).prefetchers().stream().map(PluginChoice::name).toList();
  }

  private static List<String> names(Configuration configuration) throws SettingException {
    return configuration.caches().stream().map(PluginChoice::name).toList();
  }

  private static Map.Entry<String, String> variable() {
    return System.getenv().entrySet().stream()
        .filter(e -> e.getKey().equals("PATH") || e.getKey().equals("HOME"))
        .findFirst()
        .orElseThrow();
  }

  private PluginSettings s3(String text) throws IOException, SettingException {
    return s3(load(text));
  }

  private static PluginSettings s3(Configuration configuration) throws SettingException {
    return configuration.settings(configuration.plugin(Axis.TRANSPORT), S3);
  }

  private Configuration load(String text, String... overrides)
      throws IOException, SettingException {
    Path file = Files.writeString(temp.resolve("sluice.conf"), text);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    return Configuration.load(file, List.of(overrides));
  }

  private String at(int line) {
    return temp.resolve("sluice.conf") + ": " + line;
  }

  private static void assertMessage(String expected, Executable call) {
    String message = message(assertThrows(SettingException.class, call));
    assertTrue(message.contains(expected), message);
    assertFalse(message.contains("\n"), message);
  }

  private static String message(Throwable failure) {
    return Objects.requireNonNull(failure.getMessage());
  }
}
