// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.plugin.test;

import io.sluicefs.kernel.config.Configuration;
import io.sluicefs.kernel.plugin.ContractRunner;
import io.sluicefs.kernel.plugin.PluginCatalog;
import io.sluicefs.kernel.plugin.PluginException;
import io.sluicefs.spi.Axis;
import io.sluicefs.spi.SettingException;
import io.sluicefs.spi.testkit.fuse.Capability;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.platform.engine.TestEngine;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.launcher.Launcher;
import org.junit.platform.launcher.core.LauncherConfig;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/** Runs the suites with JUnit. */
public final class ContractTest implements ContractRunner {
  /** The plugin under test, for the suites, which JUnit creates. */
  static final ScopedValue<InstalledPlugin> PLUGIN = ScopedValue.newInstance();

  @Override
  public boolean run(Request request, PrintWriter out)
      throws SettingException, PluginException, IOException {
    try (TestFolder folder = new TestFolder();
        PluginCatalog catalog = new PluginCatalog(request.plugins())) {
      List<String> overrides = request.overrides().stream().map(folder::absolute).toList();
      InstalledPlugin plugin =
          InstalledPlugin.find(
              catalog,
              Configuration.load(request.configuration(), overrides),
              request.name(),
              capabilities(request.lacks()),
              folder);
      if (plugin.axis() == Axis.CACHE) {
        InstalledCacheContract.check(plugin);
      }
      return ScopedValue.where(PLUGIN, plugin).call(() -> run(plugin, out));
    }
  }

  private static boolean run(InstalledPlugin plugin, PrintWriter out) {
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
    return report.summary();
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

  private static Set<Capability> capabilities(List<String> names) throws SettingException {
    Set<Capability> capabilities = EnumSet.noneOf(Capability.class);
    for (String name : names) {
      Set<Capability> meant = EnumSet.allOf(Capability.class);
      if (!name.equals("all")) {
        meant.removeIf(capability -> !kebab(capability).equals(name));
      }
      if (meant.isEmpty()) {
        throw new SettingException(
            "--lacks: %s: expected all, %s"
                .formatted(
                    name,
                    Arrays.stream(Capability.values())
                        .map(ContractTest::kebab)
                        .collect(Collectors.joining(", "))));
      }
      capabilities.addAll(meant);
    }
    return capabilities;
  }

  private static String kebab(Capability capability) {
    return capability.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
