// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The command with its verbs; alone it asks for one. */
@Command(
    name = "sluice",
    description = "Mounts an object-store bucket as a Linux file system.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    footerHeading = "%nExamples:%n",
    footer = {
      "  sluice mount -c /etc/sluice/models.conf /mnt/models",
      "  sluice status",
      "  sluice doctor -c /etc/sluice/models.conf",
      "  sluice warm /mnt/models/llama",
      "  sluice umount /mnt/models",
      "  sluice uploads -c /etc/sluice/models.conf",
      "  sluice config check -c /etc/sluice/models.conf",
      "  sluice config reference"
    },
    exitCodeListHeading = "%nExit status:%n",
    exitCodeList = {
      "0:done",
      "1:something did not work; one line on the error stream says what",
      "2:the command line is not understood"
    })
final class SluiceCommand implements Runnable {
  @Spec
  @SuppressWarnings("NullAway.Init") // set by picocli
  private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(),
        "expected a verb: mount, umount, status, stats, explain, set, doctor, bench, warm, uploads,"
            + " cache, config, plugin; see --help for all");
  }
}
