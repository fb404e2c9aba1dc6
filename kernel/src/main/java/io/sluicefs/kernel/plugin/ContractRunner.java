// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.plugin;

import io.sluicefs.spi.SettingException;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;

/**
 * Runs the contract suite of an axis against an installed plugin. It is provided by a module that
 * comes with JUnit and the suites, and that no mount loads.
 */
public interface ContractRunner {
  /**
   * What is to be tested.
   *
   * @param plugins the folder with the plugins' folders
   * @param configuration a HOCON file
   * @param overrides settings that win over the file, {@code path=value}; {@code {folder}} in one
   *     stands for another empty folder each time the plugin is opened
   * @param name of the plugin, with or without its axis
   * @param lacks what a FUSE channel does without: names, or {@code all}
   */
  record Request(
      Path plugins, Path configuration, List<String> overrides, String name, List<String> lacks) {}

  /**
   * Runs the suite, and writes a line for each test that failed and one that sums up.
   *
   * @return whether all tests passed that could be run
   * @throws SettingException if the configuration is wrong, or nothing the suite can work with
   * @throws PluginException if the plugin is refused
   * @throws IOException if there is no such plugin, or it cannot be opened
   */
  boolean run(Request request, PrintWriter out)
      throws SettingException, PluginException, IOException;
}
