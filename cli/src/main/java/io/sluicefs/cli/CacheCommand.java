// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cli;

import io.sluicefs.kernel.config.Configuration;
import io.sluicefs.kernel.mount.ConfiguredCaches;
import io.sluicefs.kernel.mount.MountException;
import io.sluicefs.kernel.plugin.PluginCatalog;
import io.sluicefs.kernel.plugin.PluginException;
import io.sluicefs.spi.SettingException;
import io.sluicefs.spi.cache.KeptCache;
import io.sluicefs.spi.cache.KeptCache.KeptObject;
import io.sluicefs.spi.cache.KeptCache.Verification;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Shows and changes what the disk cache keeps, with or without a mount that uses it. */
@Command(
    name = "cache",
    description = {
      "Shows and changes what the disk cache keeps.",
      "A mount may be using it: then the mount does what is asked for, within a second or two."
    },
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    footerHeading = "%nExamples:%n",
    footer = {
      "  sluice cache ls -c models.conf",
      "  sluice cache verify -c models.conf",
      "  sluice cache pin -c models.conf llama/",
      "  sluice cache evict -c models.conf llama/model-00001-of-00004.safetensors"
    })
final class CacheCommand implements Runnable {
  @Spec
  @SuppressWarnings("NullAway.Init") // set by picocli
  private CommandSpec spec;

  @Mixin
  private InheritedConfigurationOptions configurationOptions = new InheritedConfigurationOptions();

  /** Does something with what is kept. */
  @FunctionalInterface
  private interface Task {
    int run(KeptCache cache, PrintWriter out) throws IOException, InterruptedException;
  }

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "expected ls, stats, verify, evict or pin");
  }

  @Command(
      name = "ls",
      description = "Lists the objects of which something is kept, all versions of each.",
      mixinStandardHelpOptions = true,
      versionProvider = Version.class)
  int ls(@Option(names = "--json", description = "Print JSON.") boolean json)
      throws SettingException, PluginException, MountException, IOException, InterruptedException {
    return with(
        (cache, out) -> {
          CacheListing listing = new CacheListing(out);
          if (json) {
            listing.json(cache.objects());
          } else {
            listing.table(cache.objects());
          }
          return ExitStatus.OK;
        });
  }

  @Command(
      name = "stats",
      description = {
        "Prints what the cache holds, and what it did since it was last mounted.",
        "A mount notes that every second."
      },
      mixinStandardHelpOptions = true,
      versionProvider = Version.class)
  int stats()
      throws SettingException, PluginException, MountException, IOException, InterruptedException {
    return with(
        (cache, out) -> {
          cache.counters().forEach((name, value) -> out.printf("%-16s %d%n", name, value));
          return ExitStatus.OK;
        });
  }

  @Command(
      name = "verify",
      description = {
        "Reads every block and compares it with its checksum.",
        "Bad ones are forgotten, so that they are fetched again; the exit status is then 1."
      },
      mixinStandardHelpOptions = true,
      versionProvider = Version.class)
  int verify()
      throws SettingException, PluginException, MountException, IOException, InterruptedException {
    return with(
        (cache, out) -> {
          WarmProgress progress =
              new WarmProgress(cache.objects().stream().mapToLong(KeptObject::keptBytes).sum(), 0);
          Verification found;
          try (ProgressLine _ = ProgressLine.start(spec.commandLine().getErr(), progress::bar)) {
            found = cache.verify(progress::loaded);
          }
          out.printf(
              "%d blocks, %s, %d bad%n",
              found.blocks(), ByteCount.text(found.bytes()), found.badBlocks());
          return found.badBlocks() == 0 ? ExitStatus.OK : ExitStatus.FAILURE;
        });
  }

  @Command(
      name = "evict",
      description = "Forgets objects, pinned ones too.",
      mixinStandardHelpOptions = true,
      versionProvider = Version.class)
  int evict(
      @Parameters(
              paramLabel = "KEY",
              arity = "1..*",
              description = "Keys in the bucket; one that ends with a slash means all below it.")
          List<String> keys)
      throws SettingException, PluginException, MountException, IOException, InterruptedException {
    return with(
        (cache, out) -> {
          for (KeptObject object : find(cache, keys)) {
            cache.evict(object);
            out.println("evicted " + UploadsListing.printable(object.id().key()));
          }
          return ExitStatus.OK;
        });
  }

  @Command(
      name = "pin",
      description = {
        "Keeps objects whatever else needs room, until they are unpinned or evicted.",
        "What is kept of them is pinned, and what is fetched of these versions later."
      },
      mixinStandardHelpOptions = true,
      versionProvider = Version.class)
  int pin(
      @Option(names = "--remove", description = "Unpin them instead.") boolean remove,
      @Parameters(
              paramLabel = "KEY",
              arity = "1..*",
              description = "Keys in the bucket; one that ends with a slash means all below it.")
          List<String> keys)
      throws SettingException, PluginException, MountException, IOException, InterruptedException {
    return with(
        (cache, out) -> {
          for (KeptObject object : find(cache, keys)) {
            cache.pin(object, !remove);
            out.println(
                (remove ? "unpinned " : "pinned ") + UploadsListing.printable(object.id().key()));
          }
          return ExitStatus.OK;
        });
  }

  /** Returns what is kept under the keys; something under each. */
  private static List<KeptObject> find(KeptCache cache, List<String> keys) throws IOException {
    List<KeptObject> objects = cache.objects();
    List<KeptObject> found = new ArrayList<>();
    for (String key : keys) {
      List<KeptObject> ofKey =
          objects.stream().filter(object -> isMeant(object.id().key(), key)).toList();
      if (ofKey.isEmpty()) {
        throw new IOException(key + ": nothing of it is kept; see sluice cache ls");
      }
      found.addAll(ofKey);
    }
    return found;
  }

  private static boolean isMeant(String key, String wanted) {
    return wanted.endsWith("/") ? key.startsWith(wanted) : key.equals(wanted);
  }

  private int with(Task task)
      throws SettingException, PluginException, MountException, IOException, InterruptedException {
    Configuration configuration = configurationOptions.load();
    PrintWriter out = spec.commandLine().getOut();
    try (PluginCatalog plugins = Home.plugins();
        KeptCache cache = ConfiguredCaches.openKept(configuration, plugins)) {
      return task.run(cache, out);
    } finally {
      out.flush();
    }
  }
}
