// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.config;

import io.sluicefs.spi.Setting;
import java.util.List;

/**
 * A section of the configuration that belongs to the kernel.
 *
 * @param name path of the section: {@code mount}, or {@code write.staging} for one in another
 * @param description one sentence for the reference
 * @param settings every setting it understands
 */
public record Section(String name, String description, List<Setting<?>> settings) {
  public Section {
    settings = List.copyOf(settings);
  }
}
