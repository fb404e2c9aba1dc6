// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.plugin.test;

import io.sluicefs.kernel.config.Configuration;
import io.sluicefs.kernel.plugin.PluginCatalog;
import io.sluicefs.kernel.plugin.PluginException;
import io.sluicefs.spi.Axis;
import io.sluicefs.spi.SettingException;
import io.sluicefs.spi.testkit.fuse.Capability;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.spi.ToolProvider;
import org.junit.platform.engine.TestEngine;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.launcher.Launcher;
import org.junit.platform.launcher.core.LauncherConfig;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/**
 * Tests one plugin. Its arguments: the folder of the plugins, a configuration, the name of the
 * plugin, with or without its axis, what a FUSE channel lacks (names with commas between them,
 * {@code all}, or nothing), and any number of settings that win over the configuration's.
 *
 * <p>Returns 0 if all tests that could run passed, 1 if not; then the error stream says why in one
 * line, or the output in one line for each test that failed.
 */
public final class ContractTest implements ToolProvider {
  private static final int ARGUMENTS = 4;

  /** The plugin under test, for the suites, which JUnit creates. */
  static final ScopedValue<InstalledPlugin> PLUGIN = ScopedValue.newInstance();

  @Override
  public String name() {
    return "sluice-plugin-test";
  }

  @Override
  public int run(PrintWriter out, PrintWriter err, String... arguments) {
    Path plugins = Path.of(arguments[0]);
    Path file = Path.of(arguments[1]);
    try (TestFolder folder = new TestFolder();
        PluginCatalog catalog = new PluginCatalog(plugins)) {
      List<String> overrides =
          Arrays.stream(arguments).skip(ARGUMENTS).map(folder::absolute).toList();
      InstalledPlugin plugin =
          InstalledPlugin.find(
              catalog,
              Configuration.load(file, overrides),
              arguments[2],
              capabilities(arguments[3]),
              folder);
      if (plugin.axis() == Axis.CACHE) {
        InstalledCacheContract.check(plugin);
      }
      return ScopedValue.where(PLUGIN, plugin).call(() -> run(plugin, out));
    } catch (SettingException | PluginException | IOException e) {
      err.println("sluice: " + e.getMessage());
      return 1;
    }
  }

  private static int run(InstalledPlugin plugin, PrintWriter out) {
    ContractReport report = new ContractReport(plugin.id(), out);
    Launcher launcher =
        LauncherFactory.create(
            LauncherConfig.builder()
                .enableTestEngineAutoRegistration(false)
                .enableLauncherSessionListenerAutoRegistration(false)
                .enableLauncherDiscoveryListenerAutoRegistration(false)
                .enableTestExecutionListenerAutoRegistration(false)
                .enablePostDiscoveryFilterAutoRegistration(false)
                .addTestEngines(jupiter())
                .build());
    launcher.execute(
        LauncherDiscoveryRequestBuilder.request()
            .selectors(DiscoverySelectors.selectClass(suite(plugin)))
            .enableImplicitConfigurationParameters(false)
            .build(),
        report);
    return report.summary() ? 0 : 1;
  }

  private static TestEngine jupiter() {
    ModuleLayer layer = Objects.requireNonNull(ContractTest.class.getModule().getLayer());
    return ServiceLoader.load(layer, TestEngine.class).findFirst().orElseThrow();
  }

  private static Class<?> suite(InstalledPlugin plugin) {
    return switch (plugin.axis()) {
      case TRANSPORT -> InstalledTransportContract.class;
      case CACHE -> InstalledCacheContract.class;
      case PREFETCH -> InstalledPrefetcherContract.class;
      case FUSE -> InstalledFuseChannelContract.class;
    };
  }

  private static Set<Capability> capabilities(String names) throws SettingException {
    Set<Capability> capabilities = EnumSet.noneOf(Capability.class);
    if (names.equals("all")) {
      return EnumSet.allOf(Capability.class);
    }
    for (String name : names.isEmpty() ? List.<String>of() : List.of(names.split(","))) {
      capabilities.add(
          Arrays.stream(Capability.values())
              .filter(capability -> kebab(capability).equals(name.strip()))
              .findFirst()
              .orElseThrow(
                  () ->
                      new SettingException(
                          "--lacks: %s is none of all, %s"
                              .formatted(
                                  name,
                                  String.join(
                                      ", ",
                                      Arrays.stream(Capability.values())
                                          .map(ContractTest::kebab)
                                          .toList())))));
    }
    return capabilities;
  }

  private static String kebab(Capability capability) {
    return capability.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
