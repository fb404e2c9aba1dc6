// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.plugin;

import org.jspecify.annotations.Nullable;

/**
 * A plugin is missing, or its folder is refused. The message is one line: which folder, what is
 * wrong, what to do.
 */
public final class PluginException extends Exception {
  private static final long serialVersionUID = 1L;

  PluginException(String message) {
    this(message, null);
  }

  PluginException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
