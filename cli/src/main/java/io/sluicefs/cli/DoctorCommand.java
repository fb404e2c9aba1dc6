// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cli;

import io.sluicefs.kernel.config.Configuration;
import io.sluicefs.kernel.config.EffectiveSetting;
import io.sluicefs.kernel.config.MemorySettings;
import io.sluicefs.kernel.control.Json;
import io.sluicefs.kernel.memory.HostMemory;
import io.sluicefs.kernel.mount.MountException;
import io.sluicefs.kernel.mount.OpenBucket;
import io.sluicefs.kernel.plugin.PluginCatalog;
import io.sluicefs.kernel.plugin.PluginException;
import io.sluicefs.spi.Axis;
import io.sluicefs.spi.SettingException;
import io.sluicefs.spi.StorageException;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.URI;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Looks for what would keep a mount from working, and says what to do about it. */
@Command(
    name = "doctor",
    description =
        "Looks for what keeps a mount from working or makes it slow; mounts"
            + " nothing, and changes nothing without --write.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    footerHeading = "%nExamples:%n",
    footer = {
      "  sluice doctor",
      "  sluice doctor -c /etc/sluice/models.conf",
      "  sluice doctor --write -c /etc/sluice/models.conf"
    },
    exitCodeListHeading = "%nExit status:%n",
    exitCodeList = {"0:nothing failed", "1:something did; each line says what to do"})
final class DoctorCommand implements Callable<Integer> {
  /** Somebody waits for the answer: one that needs longer is an answer too. */
  private static final String NO_PATIENCE = "retry.deadline=5s";

  @Option(
      names = {"-c", "--config"},
      paramLabel = "FILE",
      description = "A configuration, whose bucket is asked too; the host alone when not given.")
  private @Nullable Path file;

  @Option(
      names = "--set",
      paramLabel = "path=value",
      description = "A setting that wins over the file; may be repeated.")
  private List<String> overrides = new ArrayList<>();

  @Option(
      names = "--write",
      description =
          "Also put a small object below the prefix, ask for it and delete it: whether a mount may"
              + " write.")
  private boolean write;

  @Option(names = "--json", description = "Print JSON: {\"findings\":[…]}.")
  private boolean json;

  @Spec
  @SuppressWarnings("NullAway.Init") // set by picocli
  private CommandSpec spec;

  @Override
  public Integer call() throws IOException, MountException {
    List<Finding> findings = new ArrayList<>();
    HostChecks host = HostChecks.ofThisHost();
    Path given = file;
    try (ProgressLine _ = ProgressLine.waiting(spec.commandLine().getErr(), "checking")) {
      if (given == null) {
        findings.addAll(host.findings(false));
      } else {
        try (PluginCatalog plugins = Home.plugins()) {
          examine(given, host, plugins, findings);
        }
      }
    }
    print(findings);
    return findings.stream().anyMatch(finding -> finding.outcome() == Finding.Outcome.FAILED)
        ? ExitStatus.FAILURE
        : ExitStatus.OK;
  }

  private void examine(Path given, HostChecks host, PluginCatalog plugins, List<Finding> findings) {
    Configuration configuration;
    Map<String, EffectiveSetting> settings = new LinkedHashMap<>();
    String transport;
    try {
      List<String> all = new ArrayList<>(List.of(NO_PATIENCE));
      all.addAll(overrides);
      configuration = Configuration.load(given, all);
      configuration
          .effective(ConfigCommand.chosen(configuration, plugins))
          .forEach(setting -> settings.put(setting.path(), setting));
      transport = configuration.plugin(Axis.TRANSPORT).section();
    } catch (SettingException | PluginException e) {
      findings.addAll(host.findings(false));
      findings.add(
          Finding.failed(
              "configuration",
              String.valueOf(e.getMessage()),
              "correct it; sluice config reference prints every setting"));
      return;
    }
    findings.addAll(host.findings(configuration.mount().allowOther()));
    findings.add(Finding.ok("configuration", given + " has no errors"));
    findings.add(memory(configuration));
    findings.add(readAhead(configuration));
    findings.addAll(new DiskChecks(settings).findings());
    List<Finding> endpoint = endpoint(settings, transport);
    findings.addAll(endpoint);
    if (endpoint.stream().anyMatch(finding -> finding.outcome() == Finding.Outcome.FAILED)) {
      findings.add(Finding.skipped("bucket", "not asked, because of the above"));
    } else {
      findings.addAll(bucket(configuration, plugins, transport));
    }
  }

  private static Finding memory(Configuration configuration) {
    HostMemory host = new HostMemory();
    try {
      configuration
          .memory()
          .checkWithin(host.total(), configuration.values(MemorySettings.SECTION));
    } catch (SettingException e) {
      return Finding.failed(
          "memory", String.valueOf(e.getMessage()), "lower memory.limit, or give it more");
    }
    return Finding.ok("memory", "%s in all".formatted(ByteCount.text(host.total())));
  }

  /** Less than what Linux asks for by default makes buffered readers wait for each request. */
  private static Finding readAhead(Configuration configuration) {
    long least = 128L << 10;
    long bytes = configuration.mount().readAhead();
    return bytes >= least
        ? Finding.ok("read-ahead", "Linux reads %s ahead".formatted(ByteCount.text(bytes)))
        : Finding.warning(
            "read-ahead",
            "mount.read-ahead is only " + ByteCount.text(bytes),
            "leave it at its default of 1MiB");
  }

  private static List<Finding> endpoint(Map<String, EffectiveSetting> settings, String transport) {
    EffectiveSetting endpoint = settings.get(transport + ".endpoint");
    String text = endpoint == null ? null : endpoint.text();
    if (text == null) {
      return List.of(
          Finding.skipped("endpoint", transport + ".endpoint is not given: the vendor's own"));
    }
    EffectiveSetting authority = settings.get(transport + ".ca-certificate");
    String certificate = authority == null ? null : authority.text();
    return new EndpointChecks(
            transport,
            URI.create(text.contains("://") ? text : "https://" + text),
            certificate == null ? null : Path.of(certificate),
            InstantSource.system())
        .findings();
  }

  private List<Finding> bucket(
      Configuration configuration, PluginCatalog plugins, String transport) {
    try (OpenBucket bucket = OpenBucket.open(configuration, plugins)) {
      List<Finding> findings = new BucketChecks(transport, bucket).findings();
      if (write) {
        findings.add(new WriteCheck(bucket).finding());
      } else if (!configuration.mount().readOnly()) {
        findings.add(Finding.skipped("writing", "not tried; --write tries it"));
      }
      return findings;
    } catch (StorageException e) {
      return List.of(
          Finding.failed(
              "bucket",
              String.valueOf(e.getMessage()),
              "correct the credentials %s.credentials finds".formatted(transport)));
    } catch (SettingException | PluginException | IOException e) {
      return List.of(
          Finding.failed("bucket", String.valueOf(e.getMessage()), "correct the setting"));
    }
  }

  private void print(List<Finding> findings) {
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      out.println(
          Json.text(
              Map.of(
                  "findings",
                  findings.stream()
                      .map(
                          finding ->
                              Map.of(
                                  "check", finding.check(),
                                  "outcome", finding.outcome().label(),
                                  "detail", finding.detail(),
                                  "remedy", finding.remedy()))
                      .toList())));
    } else {
      for (Finding finding : findings) {
        out.printf(
            "%-4s  %-14s  %s%n",
            finding.outcome().label(), finding.check(), UploadsListing.printable(finding.detail()));
        if (!finding.remedy().isEmpty()) {
          out.printf("%22s-> %s%n", "", finding.remedy());
        }
      }
    }
    out.flush();
  }
}
