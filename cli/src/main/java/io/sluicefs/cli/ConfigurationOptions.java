// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cli;

import io.sluicefs.kernel.config.Configuration;
import io.sluicefs.spi.SettingException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Option;

/** Which configuration a verb works with. */
final class ConfigurationOptions {
  @Option(
      names = {"-c", "--config"},
      paramLabel = "FILE",
      required = true,
      description = "The configuration, a HOCON file.")
  private Path file = Path.of("sluice.conf");

  @Option(
      names = "--set",
      paramLabel = "path=value",
      description = "A setting that wins over the file; may be repeated. Secrets are refused.")
  private List<String> overrides = new ArrayList<>();

  Path file() {
    return file;
  }

  List<String> overrides() {
    return overrides;
  }

  Configuration load() throws SettingException {
    return Configuration.load(file, overrides);
  }
}
