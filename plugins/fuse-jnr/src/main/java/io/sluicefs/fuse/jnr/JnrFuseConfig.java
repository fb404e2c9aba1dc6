// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.fuse.jnr;

import io.sluicefs.spi.PluginSettings;
import io.sluicefs.spi.Setting;
import java.util.List;

/**
 * The plugin's settings.
 *
 * @param threads requests answered at once
 * @param pathTableSize names whose inode is remembered
 */
record JnrFuseConfig(int threads, int pathTableSize) {
  static final Setting<Integer> THREADS =
      Setting.integer(
              "threads",
              1,
              256,
              "Requests answered at once; a read that waits for the network occupies one.")
          .withDefault("16");

  static final Setting<Integer> PATH_TABLE_SIZE =
      Setting.integer(
              "path-table-size",
              256,
              1 << 22,
              "Names whose inode is remembered; the least recently used go first.")
          .withDefault("16384");

  static final List<Setting<?>> SETTINGS = List.of(THREADS, PATH_TABLE_SIZE);

  static JnrFuseConfig of(PluginSettings settings) {
    return new JnrFuseConfig(settings.get(THREADS), settings.get(PATH_TABLE_SIZE));
  }
}
