// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.plugin;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.sluicefs.spi.PluginProvider;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.spi.ToolProvider;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;

/** Compiles throw-away sources into a jar, as a plugin's author would. */
final class JarBuilder {
  private final Path work;
  private final Map<String, String> sources = new LinkedHashMap<>();
  private final List<Path> classpath = new ArrayList<>();
  private final Manifest manifest = new Manifest();
  private final StringBuilder modulePath = new StringBuilder();
  private String reads = "";

  /** Creates a builder that works in a new folder under {@code parent}. */
  JarBuilder(Path parent) throws IOException {
    this.work = Files.createTempDirectory(parent, "jar");
    manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
  }

  /** Adds a source file, {@code module-info.java} or {@code demo/Some.java}. */
  JarBuilder source(String name, String text) {
    sources.put(name, text);
    return this;
  }

  /** Lets {@code module} use an unmodular library at compile time. */
  JarBuilder library(String module, Path jar) {
    classpath.add(jar);
    reads = module;
    return this;
  }

  /** Adds a module to the compiler's module path. */
  JarBuilder module(Path jar) {
    modulePath.append(File.pathSeparator).append(jar);
    return this;
  }

  JarBuilder manifest(String name, String value) {
    manifest.getMainAttributes().putValue(name, value);
    return this;
  }

  /** Writes the jar. */
  Path build(Path jar) throws IOException {
    Path classes = Files.createDirectories(work.resolve("classes"));
    List<Path> files = new ArrayList<>();
    for (Map.Entry<String, String> source : sources.entrySet()) {
      Path file = work.resolve("src").resolve(source.getKey());
      Files.createDirectories(Objects.requireNonNull(file.getParent()));
      files.add(Files.writeString(file, source.getValue()));
    }
    Path spi =
        Path.of(
            ModuleLayer.boot()
                .configuration()
                .findModule(PluginProvider.class.getModule().getName())
                .orElseThrow()
                .reference()
                .location()
                .orElseThrow());
    List<String> options =
        new ArrayList<>(
            List.of(
                "-d",
                classes.toString(),
                "-p",
                spi.toString() + modulePath,
                "-proc:none",
                "-nowarn"));
    if (!classpath.isEmpty()) {
      options.addAll(List.of("-cp", classpath.getFirst().toString()));
      options.addAll(List.of("--add-reads", reads + "=ALL-UNNAMED"));
    }
    files.forEach(file -> options.add(file.toString()));
    StringWriter complaints = new StringWriter();
    PrintWriter out = new PrintWriter(complaints);
    ToolProvider javac = ToolProvider.findFirst("javac").orElseThrow();
    assertEquals(0, javac.run(out, out, options.toArray(String[]::new)), complaints::toString);
    Files.createDirectories(Objects.requireNonNull(jar.getParent()));
    try (OutputStream file = Files.newOutputStream(jar);
        JarOutputStream entries = new JarOutputStream(file, manifest);
        Stream<Path> compiled = Files.walk(classes)) {
      for (Path path : compiled.filter(Files::isRegularFile).toList()) {
        entries.putNextEntry(new ZipEntry(classes.relativize(path).toString()));
        Files.copy(path, entries);
      }
    }
    return jar;
  }
}
