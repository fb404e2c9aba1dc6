// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.distribution;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** What the archetype makes for the axes the guide does not go through. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ArchetypeTest {
  private static final String GENERATE =
      "org.apache.maven.plugins:maven-archetype-plugin:3.4.1:generate";
  private static final List<String> AXES = List.of("transport", "cache", "fuse");

  private Installation installation;
  private MavenProject projects;

  @BeforeAll
  void generate() throws IOException {
    installation = Installation.open(getClass());
    projects = new MavenProject(Files.createDirectory(installation.work().resolve("projects")));
    MavenProject.forgetThisProject();
    Command version = installation.sluice("--version");
    for (String axis : AXES) {
      projects.run(
          installation,
          GENERATE,
          "-DarchetypeGroupId=io.sluicefs",
          "-DarchetypeArtifactId=sluice-plugin-archetype",
          "-DarchetypeVersion=" + version.out().split(" ", -1)[1],
          "-Daxis=" + axis,
          "-Dtechnology=mine",
          "-DgroupId=org.example",
          "-DartifactId=" + axis + "-mine",
          "-Dpackage=org.example.mine");
    }
    StringBuilder modules = new StringBuilder();
    AXES.forEach(axis -> modules.append("<module>" + axis + "-mine</module>"));
    Files.writeString(
        projects.folder().resolve("pom.xml"),
        """
        <project>
          <modelVersion>4.0.0</modelVersion>
          <groupId>org.example</groupId>
          <artifactId>mine</artifactId>
          <version>1</version>
          <packaging>pom</packaging>
          <modules>%s</modules>
        </project>
        """
            .formatted(modules));
  }

  @AfterAll
  void cleanUp() throws IOException {
    Mountpoints.cleanUnder(installation.work());
  }

  @Test
  void everyAxisBuildsAFolderThatLoadsAndHasItsContractToPass() {
    projects.run(installation, "package", "-DskipTests");
    for (String axis : AXES) {
      Path folder = projects.folder().resolve(axis + "-mine/target/plugin");
      assertEquals(
          new Command(0, folder + ": loads\n", ""),
          installation.sluice("plugin", "check", folder.toString()));
    }
    MavenProject cache = new MavenProject(projects.folder().resolve("cache-mine"));
    MavenProject.MavenRun contract = cache.tryToRun(installation, "test");
    assertEquals(1, contract.status(), contract.output());
    assertTrue(contract.output().contains("to be written"), contract.output());
  }
}
