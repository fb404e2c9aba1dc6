// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.distribution;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/** What is in the tarball beside the program; {@code make dist-check}. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@EnabledIfSystemProperty(named = "sluice.tarball", matches = ".+")
class TarballContentTest {
  private static final long MOST_BYTES = 150_000_000;

  /**
   * LMDB, which lies beside the jars as the library in C that it is; annotations for a compiler;
   * the name for all of JUnit Jupiter, whose jar is empty.
   */
  private static final String WITHOUT_JAR =
      "(native|jspecify|error_prone_annotations)-.*|junit-jupiter-[0-9].*";

  private Installation installation;
  private Path release;

  @BeforeAll
  void unpack() {
    installation = Installation.open(getClass());
    release = Tarball.unpack(installation.work());
  }

  @AfterAll
  void remove() throws IOException {
    Mountpoints.cleanUnder(installation.work());
  }

  @Test
  void itIsNotTooLarge() throws IOException {
    assertTrue(Files.size(Tarball.file()) <= MOST_BYTES);
  }

  @Test
  void everyFileIsTheOneThatWasBuilt() throws IOException {
    checkSums(release);
    Set<String> summed =
        Files.readAllLines(release.resolve("SHA256SUMS")).stream()
            .map(line -> line.substring(66))
            .collect(Collectors.toCollection(TreeSet::new));
    Set<String> found = files();
    found.remove("SHA256SUMS");
    assertEquals(found, summed);
  }

  @Test
  void thePackagesHaveTheirSumsBesideThem() throws IOException {
    checkSums(Tarball.folder());
    String sums = Files.readString(Tarball.folder().resolve("SHA256SUMS"));
    for (String kind : List.of(".tar.gz", ".deb", ".rpm")) {
      assertTrue(sums.contains(kind + "\n"), sums);
    }
  }

  private static void checkSums(Path folder) {
    Command.output(
        "sh",
        "-c",
        "cd \"$0\" && sha256sum --check --strict --quiet SHA256SUMS",
        folder.toString());
  }

  @Test
  void theLicenceOfEveryLibraryIsThere() throws IOException {
    Path licences = release.resolve("licences");
    List<String> listed =
        Files.readAllLines(licences.resolve("THIRD-PARTY.txt")).stream()
            .filter(line -> line.matches("\\S+:\\S+:\\S+: .+"))
            .toList();
    Set<String> named =
        listed.stream()
            .map(line -> artifact(line.split(": ", 2)[0]))
            .filter(name -> !name.matches(WITHOUT_JAR))
            .collect(Collectors.toCollection(TreeSet::new));
    assertEquals(libraries(), named);
    for (String line : listed) {
      for (String licence : line.split(": ", 2)[1].split(" or ", -1)) {
        assertTrue(Files.size(licences.resolve(licence + ".txt")) > 0, line);
      }
    }
    assertTrue(Files.exists(release.resolve("LICENSE")));
    assertTrue(Files.exists(release.resolve("runtime/legal/java.base/LICENSE")));
  }

  @Test
  void theBillOfMaterialsNamesEveryLibrary() {
    Config bom = ConfigFactory.parseFile(release.resolve("sluice.cdx.json").toFile());
    assertEquals("CycloneDX", bom.getString("bomFormat"));
    Set<String> named =
        bom.getConfigList("components").stream()
            .filter(component -> !component.getString("group").equals("io.sluicefs"))
            .map(component -> component.getString("name") + "-" + component.getString("version"))
            .filter(name -> !name.matches(WITHOUT_JAR))
            .collect(Collectors.toCollection(TreeSet::new));
    assertEquals(libraries(), named);
  }

  /** Returns the libraries of others, each with its version and without what it is built for. */
  private Set<String> libraries() {
    return files().stream()
        .filter(file -> file.endsWith(".jar") && !file.startsWith("runtime/"))
        .map(file -> file.replaceFirst(".*/", "").replaceFirst("(-native)?\\.jar$", ""))
        .filter(name -> !name.startsWith("sluice-"))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static String artifact(String coordinates) {
    String[] parts = coordinates.split(":", -1);
    return parts[1] + "-" + parts[2];
  }

  private Set<String> files() {
    try (Stream<Path> tree = Files.walk(release)) {
      return tree.filter(file -> Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS))
          .map(file -> release.relativize(file).toString())
          .collect(Collectors.toCollection(TreeSet::new));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void everyVerbHasAManualPage() throws IOException {
    for (String verb :
        List.of(
            "mount", "umount", "warm", "uploads", "cache", "config", "plugin", "config-import")) {
      String page = Files.readString(release.resolve("share/man/man1/sluice-" + verb + ".1"));
      assertTrue(
          page.contains(".TH \"SLUICE\\-" + verb.toUpperCase(Locale.ROOT).replace("-", "\\-")),
          verb);
      assertTrue(page.contains(".SH \"OPTIONS\""), verb);
    }
    assertFalse(Files.exists(release.resolve("share/man/man1/sluice-rehearse.1")));
  }

  @Test
  void theShellCompletesVerbsAndOptions() {
    String completions = release.resolve("share/bash-completion/completions/sluice").toString();
    assertEquals("mount", completion(completions, "mo"));
    assertEquals("--nonempty", completion(completions, "mount", "--none"));
  }

  /** Returns what bash makes of the last word. */
  private static String completion(String script, String... words) {
    return Command.output(
            "bash",
            "-c",
            """
            . "$0"
            COMP_WORDS=(sluice "$@")
            COMP_CWORD=$#
            _complete_sluice
            echo "${COMPREPLY[@]}"
            """,
            script,
            words[0],
            words[words.length - 1])
        .strip();
  }
}
