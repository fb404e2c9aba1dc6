// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.codegen.docgen.manpage.ManPageGenerator;

/**
 * Writes what a release has beside the command, out of the command's own help: manual pages as
 * AsciiDoc, one a verb, and completion for bash. The build runs it: {@code CommandDocuments FOLDER
 * VERSION}.
 */
final class CommandDocuments {
  /** Belongs to the build of the release, and is nothing for its users. */
  private static final String OF_THE_BUILD = "rehearse";

  private CommandDocuments() {}

  public static void main(String[] args) throws IOException {
    Path folder = Path.of(args[0]);
    String version = "sluice " + args[1];
    CommandLine command = Sluice.commandLine();
    command.getCommandSpec().removeSubcommand(OF_THE_BUILD);
    setVersion(command, version);

    Path manual = Files.createDirectories(folder.resolve("man"));
    int status =
        ManPageGenerator.generateManPage(
            manual.toFile(), null, new boolean[0], false, command.getCommandSpec());
    if (status != 0) {
      throw new IOException("the manual pages cannot be written: status " + status);
    }
    Path completion = Files.createDirectories(folder.resolve("bash-completion"));
    Files.writeString(completion.resolve("sluice"), AutoComplete.bash("sluice", command));
  }

  private static void setVersion(CommandLine command, String version) {
    CommandSpec spec = command.getCommandSpec();
    spec.versionProvider(() -> new String[] {version});
    command.getSubcommands().values().forEach(verb -> setVersion(verb, version));
  }
}
