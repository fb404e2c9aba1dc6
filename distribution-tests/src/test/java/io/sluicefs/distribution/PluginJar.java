// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.distribution;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A plugin as somebody else builds one: with javac and jar, against the installation's own SPI. */
final class PluginJar {
  private static final Pattern CLASS = Pattern.compile("class (\\w+) implements (\\w+)");

  private PluginJar() {}

  static void write(Path folder, Path lib, String module, String source) {
    try {
      Path work = Files.createTempDirectory(folder.getParent(), "build");
      Matcher type = CLASS.matcher(source);
      if (!type.find()) {
        throw new AssertionError("no provider in " + source);
      }
      Path sources = Files.createDirectories(work.resolve(module.replace('.', '/')));
      Path java = Files.writeString(sources.resolve(type.group(1) + ".java"), source);
      Path descriptor =
          Files.writeString(
              work.resolve("module-info.java"),
              """
              module %s {
                requires io.sluicefs.spi;
                provides io.sluicefs.spi.cache.%s with %s.%s;
              }
              """
                  .formatted(module, type.group(2), module, type.group(1)));
      Path tools = Path.of(System.getProperty("java.home"), "bin");
      Path classes = work.resolve("classes");
      Command.output(
          tools.resolve("javac").toString(),
          "-p",
          lib.toString(),
          "-d",
          classes.toString(),
          java.toString(),
          descriptor.toString());
      Files.createDirectories(folder);
      Command.output(
          tools.resolve("jar").toString(),
          "--create",
          "--file",
          folder.resolve(module + ".jar").toString(),
          "-C",
          classes.toString(),
          ".");
      Command.output("rm", "-r", work.toString());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
