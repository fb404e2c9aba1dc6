// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cli;

import io.sluicefs.kernel.config.Configuration;
import io.sluicefs.spi.SettingException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/**
 * As {@link ConfigurationOptions}, for a verb that has verbs of its own: before or after these.
 * Required when it is loaded, so that each of them can be asked for help without.
 */
final class InheritedConfigurationOptions {
  @Spec(Spec.Target.MIXEE)
  @SuppressWarnings("NullAway.Init") // set by picocli
  private CommandSpec verb;

  @Option(
      names = {"-c", "--config"},
      paramLabel = "FILE",
      scope = ScopeType.INHERIT,
      description = "The configuration of the mount, a HOCON file; required.")
  private @Nullable Path file;

  @Option(
      names = "--set",
      paramLabel = "path=value",
      scope = ScopeType.INHERIT,
      description = "A setting that wins over the file; may be repeated. Secrets are refused.")
  private List<String> overrides = new ArrayList<>();

  /** Returns the configuration they name. */
  Configuration load() throws SettingException {
    if (file == null) {
      throw new ParameterException(verb.commandLine(), "Missing required option: '--config=FILE'");
    }
    return Configuration.load(file, overrides);
  }
}
