// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cli;

import io.sluicefs.kernel.config.Configuration;
import io.sluicefs.kernel.mount.MountException;
import io.sluicefs.kernel.mount.OpenBucket;
import io.sluicefs.kernel.plugin.PluginCatalog;
import io.sluicefs.kernel.plugin.PluginException;
import io.sluicefs.kernel.staging.ClaimedLeftover;
import io.sluicefs.kernel.staging.Leftover;
import io.sluicefs.kernel.staging.Leftovers;
import io.sluicefs.kernel.staging.Recovery;
import io.sluicefs.kernel.staging.StagingOptions;
import io.sluicefs.spi.SettingException;
import io.sluicefs.spi.transport.ObjectStat;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Deals with what mounts that ended left: uploads in the store and staged files on disk. */
@Command(
    name = "uploads",
    description = {
      "Lists uploads that were started and neither completed nor aborted, and staged files that"
          + " dead mounts left.",
      "Uploads cost storage until they are aborted. The store does not tell whether a mount is"
          + " still sending one: age decides."
    },
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    footerHeading = "%nExamples:%n",
    footer = {
      "  sluice uploads -c models.conf",
      "  sluice uploads abort -c models.conf --older-than 2d --dry-run",
      "  sluice uploads recover -c models.conf --output weights.bin 9c1f02ab-1",
      "  sluice uploads recover -c models.conf --upload 9c1f02ab-1",
      "  sluice uploads discard -c models.conf 9c1f02ab-1"
    })
final class UploadsCommand implements Callable<Integer> {
  @Spec
  @SuppressWarnings("NullAway.Init") // set by picocli
  private CommandSpec spec;

  @Mixin
  private InheritedConfigurationOptions configurationOptions = new InheritedConfigurationOptions();

  @Option(names = "--json", description = "Print JSON.")
  private boolean json;

  @Override
  public Integer call() throws Exception {
    return list(json);
  }

  @Command(
      name = "list",
      description = "Lists pending uploads and staged files; the same as no verb.",
      mixinStandardHelpOptions = true,
      versionProvider = Version.class)
  int list(@Option(names = "--json", description = "Print JSON.") boolean asJson)
      throws SettingException, PluginException, MountException, IOException {
    Configuration configuration = configurationOptions.load();
    Optional<Path> folder = configuration.staging().options().map(StagingOptions::path);
    Leftovers leftovers =
        folder.isPresent() ? Leftovers.in(folder.get()) : new Leftovers(List.of(), List.of());
    PrintWriter out = spec.commandLine().getOut();
    UploadsListing listing = new UploadsListing(out, Instant.now());
    if (!asJson) {
      // First, since they are there even if the store is not.
      listing.leftovers(folder, leftovers);
      out.flush();
    }
    leftovers
        .unreadable()
        .forEach(line -> spec.commandLine().getErr().println("left alone: " + line));
    try (PluginCatalog plugins = Home.plugins();
        OpenBucket bucket = OpenBucket.open(configuration, plugins)) {
      PendingUploads uploads =
          PendingUploads.of(bucket.transport(), bucket.prefix(), spec.commandLine().getErr());
      if (asJson) {
        listing.json(uploads, leftovers);
      } else {
        listing.uploads(uploads);
      }
    }
    out.flush();
    return ExitStatus.OK;
  }

  @Command(
      name = "abort",
      description = {
        "Aborts uploads under the mount's prefix that were started long enough ago.",
        "An upload a mount is still sending is aborted like any other, and the write fails: choose"
            + " an age no write takes."
      },
      mixinStandardHelpOptions = true,
      versionProvider = Version.class)
  int abort(
      @Option(
              names = "--older-than",
              paramLabel = "AGE",
              required = true,
              converter = AgeConverter.class,
              description = "How long ago they were started at least, such as 12h or 2d.")
          Duration age,
      @Option(
              names = "--key",
              paramLabel = "PREFIX",
              description = "Only of keys that begin with this, the mount's prefix included.")
          @Nullable String prefix,
      @Option(names = "--dry-run", description = "Say what would be aborted, and abort nothing.")
          boolean dryRun)
      throws SettingException, PluginException, MountException, IOException {
    Configuration configuration = configurationOptions.load();
    try (PluginCatalog plugins = Home.plugins();
        OpenBucket bucket = OpenBucket.open(configuration, plugins)) {
      String from = prefix == null ? bucket.prefix() : prefix;
      if (!from.startsWith(bucket.prefix())) {
        throw new ParameterException(
            spec.commandLine(),
            "--key %s is not within the mount's prefix %s".formatted(from, bucket.prefix()));
      }
      PendingUploads uploads =
          PendingUploads.of(bucket.transport(), from, spec.commandLine().getErr())
              .startedBefore(Instant.now().minus(age));
      uploads.abort(bucket.transport(), dryRun, spec.commandLine().getOut());
    }
    return ExitStatus.OK;
  }

  @Command(
      name = "recover",
      description = {
        "Puts a staged file that a dead mount left together with the object it changes.",
        "With --upload it is then removed from the disk, with --output it stays until it is"
            + " discarded."
      },
      mixinStandardHelpOptions = true,
      versionProvider = Version.class)
  int recover(
      @Parameters(paramLabel = "ID", description = "The file, as the list names it.") String id,
      @Option(names = "--output", paramLabel = "FILE", description = "Write it to a new file.")
          @Nullable Path output,
      @Option(names = "--upload", description = "Upload it.") boolean upload,
      @Option(
              names = "--key",
              paramLabel = "KEY",
              description = "Upload it under this key instead of its own.")
          @Nullable String key)
      throws SettingException, PluginException, MountException, IOException, InterruptedException {
    if (upload == (output != null)) {
      throw new ParameterException(spec.commandLine(), "expected either --output or --upload");
    }
    if (key != null && !upload) {
      throw new ParameterException(spec.commandLine(), "--key goes with --upload");
    }
    Configuration configuration = configurationOptions.load();
    PrintWriter out = spec.commandLine().getOut();
    try (ClaimedLeftover claimed = ClaimedLeftover.claim(folder(configuration), id);
        PluginCatalog plugins = Home.plugins();
        OpenBucket bucket = OpenBucket.open(configuration, plugins)) {
      Recovery recovery = new Recovery(claimed, bucket.transport(), bucket.memory());
      if (output != null) {
        recovery.copyTo(output);
        out.printf(
            "%s: %d bytes; sluice uploads discard %s gives the disk back%n",
            output, claimed.leftover().size(), id);
      } else {
        ObjectStat made = recovery.upload(key == null ? claimed.leftover().origin().key() : key);
        claimed.discard();
        out.printf("%s: %d bytes uploaded%n", made.id().key(), made.size());
      }
    }
    out.flush();
    return ExitStatus.OK;
  }

  @Command(
      name = "discard",
      description = "Removes a staged file that a dead mount left; its bytes are lost.",
      mixinStandardHelpOptions = true,
      versionProvider = Version.class)
  int discard(
      @Parameters(paramLabel = "ID", description = "The file, as the list names it.") String id)
      throws SettingException, IOException {
    PrintWriter out = spec.commandLine().getOut();
    try (ClaimedLeftover claimed = ClaimedLeftover.claim(folder(configurationOptions.load()), id)) {
      claimed.discard();
      Leftover leftover = claimed.leftover();
      out.printf(
          "%s: discarded with %d staged bytes of %s%n",
          id, leftover.staged(), leftover.origin().key());
    }
    out.flush();
    return ExitStatus.OK;
  }

  private static Path folder(Configuration configuration) throws IOException {
    return configuration
        .staging()
        .options()
        .map(StagingOptions::path)
        .orElseThrow(
            () -> new IOException("write.staging.path is empty: there are no staged files"));
  }
}
