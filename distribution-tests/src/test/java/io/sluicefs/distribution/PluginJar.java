// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.distribution;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.spi.ToolProvider;

/** A plugin as somebody else builds one: with javac and jar, against the installation's own SPI. */
final class PluginJar {
  private static final Pattern CLASS = Pattern.compile("class (\\w+) implements (\\w+)");
  private static final Map<String, String> PACKAGES =
      Map.of("BlockCacheProvider", "cache", "TransportProvider", "transport");

  private PluginJar() {}

  /**
   * Writes the jar of a module with one provider.
   *
   * @param directives further ones of the module's descriptor
   */
  static void write(Path folder, Path lib, String module, String source, String... directives) {
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
                provides io.sluicefs.spi.%s.%s with %s.%s;
                %s
              }
              """
                  .formatted(
                      module,
                      PACKAGES.get(type.group(2)),
                      type.group(2),
                      module,
                      type.group(1),
                      String.join("\n", directives)));
      Path classes = work.resolve("classes");
      run(
          "javac",
          "-p",
          lib.toString(),
          "-d",
          classes.toString(),
          java.toString(),
          descriptor.toString());
      Files.createDirectories(folder);
      run(
          "jar",
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

  private static void run(String tool, String... arguments) {
    if (ToolProvider.findFirst(tool).orElseThrow().run(System.out, System.err, arguments) != 0) {
      throw new AssertionError(tool + " failed");
    }
  }
}
