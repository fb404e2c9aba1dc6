// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cli;

import io.sluicefs.kernel.config.Configuration;
import io.sluicefs.kernel.memory.HostMemory;
import io.sluicefs.kernel.mount.ConfiguredCaches;
import io.sluicefs.kernel.mount.MountException;
import io.sluicefs.kernel.plugin.PluginCatalog;
import io.sluicefs.kernel.plugin.PluginException;
import io.sluicefs.spi.SettingException;
import io.sluicefs.spi.cache.KeptCache;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Fills the page cache with files before somebody needs them, or says what of them is there. */
@Command(
    name = "warm",
    description = {
      "Loads files, and all files below directories, into the page cache, each byte once.",
      "",
      "What is resident is not read again; symbolic links are followed. Of no use to programs that"
          + " read with O_DIRECT, past the page cache."
    },
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    footerHeading = "%nExamples:%n",
    footer = {
      "  sluice warm /mnt/models/llama && python -m sglang.launch_server ...",
      "  sluice warm --jobs 2 /mnt/models/llama/*.safetensors",
      "  sluice warm --pin models.conf /mnt/models/llama",
      "  sluice warm --check --json /mnt/models/llama"
    },
    exitCodeListHeading = "%nExit status:%n",
    exitCodeList = {
      "0:all of it is in the page cache; or was loaded, where Linux does not tell",
      "1:some of it is not, or cannot be read or pinned; the error stream says what",
      "2:the command line is not understood",
      "130:interrupted"
    })
final class WarmCommand implements Callable<Integer> {
  /** Enough for the round trips of small files to overlap; one large file can fill a network. */
  private static final String STANDARD_JOBS = "8";

  private static final int MOST_JOBS = 256;

  @Spec
  @SuppressWarnings("NullAway.Init") // set by picocli
  private CommandSpec spec;

  @Option(
      names = "--check",
      description = "Load nothing, only say what is resident of each file and in all.")
  private boolean check;

  @Option(names = "--json", description = "Print one object of JSON; all counts are bytes.")
  private boolean json;

  @Option(
      names = "--jobs",
      paramLabel = "N",
      defaultValue = STANDARD_JOBS,
      description = "Load N files at once, ${DEFAULT-VALUE} without this.")
  private int jobs;

  @Option(
      names = "--pin",
      paramLabel = "CONFIG",
      description =
          "Then pin the files in the disk cache of the mount with this configuration, so that they"
              + " stay there whatever else needs room.")
  private @Nullable Path pin;

  @Parameters(paramLabel = "PATH", arity = "1..*", description = "Files and directories.")
  private List<Path> paths = new ArrayList<>();

  private final HostMemory memory = new HostMemory();
  private final FileProblems problems = new FileProblems();

  @Override
  public Integer call()
      throws IOException, InterruptedException, SettingException, PluginException, MountException {
    if (check && pin != null) {
      throw new ParameterException(
          spec.commandLine(), "--check loads nothing that --pin could pin: expected one of them");
    }
    if (jobs < 1 || jobs > MOST_JOBS) {
      throw new ParameterException(
          spec.commandLine(), "--jobs: expected a number from 1 to " + MOST_JOBS);
    }
    if (pin == null) {
      WarmReport before = WarmReport.of(FoundFiles.below(paths, problems), problems);
      return check ? say(before) : load(before, null);
    }
    // What is wrong with the configuration is said before anything is loaded.
    try (PluginCatalog plugins = Home.plugins();
        KeptCache cache = ConfiguredCaches.openKept(Configuration.load(pin, List.of()), plugins)) {
      WarmReport before = WarmReport.of(FoundFiles.below(paths, problems), problems);
      return load(before, new PinnedFiles(cache, problems));
    }
  }

  private int say(WarmReport report) {
    boolean complete = report.incomplete().isEmpty() && problems.isEmpty();
    if (json) {
      report.printJson(out(), complete, "", problems);
    } else {
      report.printTable(out());
    }
    finish(report);
    return complete ? ExitStatus.OK : ExitStatus.FAILURE;
  }

  private int load(WarmReport before, @Nullable PinnedFiles pinned)
      throws IOException, InterruptedException {
    List<Path> files = before.incomplete();
    WarmProgress progress = new WarmProgress(before.incompleteBytes(), files.size());
    long available = memory.available();
    // What is resident already is part of what is available: the page cache gives it back.
    long size = before.total().size();
    if (size > memory.total()) {
      if (json) {
        before.printJson(out(), false, "", problems);
      }
      finish(before);
      tell(
          "nothing is loaded: of %s the memory of this host or control group, %s, cannot hold all;"
                  .formatted(ByteCount.text(size), ByteCount.text(memory.total()))
              + " name fewer files or raise the limit");
      return ExitStatus.FAILURE;
    }
    if (size > available) {
      tell(
          "only %s of memory are available for %s; not all of it may stay"
              .formatted(ByteCount.text(available), ByteCount.text(size)));
    }
    load(files, progress);
    WarmReport after = WarmReport.of(problems.without(before.files()), problems);
    if (after.isNearlyComplete()) {
      List<Path> again = after.incomplete();
      load(again, new WarmProgress(after.incompleteBytes(), again.size()));
      after = WarmReport.of(problems.without(before.files()), problems);
    }
    OptionalLong kept =
        pinned == null
            ? OptionalLong.empty()
            : OptionalLong.of(pinned.pin(after.files(), progress.loadedBytes() > 0));
    return conclude(after, progress, available, kept);
  }

  private void load(List<Path> files, WarmProgress progress) throws InterruptedException {
    try (ProgressLine line = ProgressLine.start(err(), progress::bar);
        Interruption _ =
            Interruption.install(
                () -> {
                  line.erase();
                  tell("interrupted: " + progress.text());
                })) {
      new Warming(progress, problems).load(files, jobs);
    }
  }

  private int conclude(
      WarmReport after, WarmProgress progress, long available, OptionalLong pinned) {
    Residency total = after.total();
    OptionalLong resident = total.resident();
    // Who may not ask what is resident gets the benefit of the doubt: it was loaded.
    boolean fits = resident.isEmpty() || total.isComplete();
    if (json) {
      after.printJson(
          out(),
          fits && problems.isEmpty(),
          String.format(
              Locale.ROOT,
              ",\"loaded\":%d,\"seconds\":%.3f,\"available\":%d%s",
              progress.loadedBytes(),
              progress.seconds(),
              available,
              pinned.isPresent() ? ",\"pinned\":" + pinned.getAsLong() : ""),
          problems);
    } else {
      out()
          .printf(
              Locale.ROOT,
              "%s in %s, %s loaded in %.1f s (%s/s), %s resident%s%n",
              ByteCount.text(total.size()),
              after.count(),
              ByteCount.text(progress.loadedBytes()),
              progress.seconds(),
              ByteCount.text(progress.bytesPerSecond()),
              resident.isPresent() ? ByteCount.text(resident.getAsLong()) : "not known how much",
              pinned.isPresent() ? ", " + ByteCount.text(pinned.getAsLong()) + " pinned" : "");
    }
    finish(after);
    if (!fits) {
      tell(
          "%s of %s are not resident, %s had been and were evicted; %s of memory were available"
              .formatted(
                  ByteCount.text(total.size() - resident.getAsLong()),
                  ByteCount.text(total.size()),
                  total.evicted().isPresent()
                      ? ByteCount.text(total.evicted().getAsLong())
                      : "some",
                  ByteCount.text(available)));
    }
    return fits && problems.isEmpty() ? ExitStatus.OK : ExitStatus.FAILURE;
  }

  private void finish(WarmReport report) {
    out().flush();
    problems.print(err());
    if (report.total().resident().isEmpty()) {
      tell("what is resident Linux tells only who owns the files or may write to them");
    }
  }

  private void tell(String what) {
    err().println("sluice: " + what);
    err().flush();
  }

  private PrintWriter out() {
    return spec.commandLine().getOut();
  }

  private PrintWriter err() {
    return spec.commandLine().getErr();
  }
}
