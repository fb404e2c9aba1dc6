// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.config;

import org.jspecify.annotations.Nullable;

/**
 * A setting as a mount would have it.
 *
 * @param path with its section: {@code memory.limit}
 * @param text as it was written, or the default; null if it has no value; never a secret's
 * @param origin the file and line, the environment variable, the command line, or {@code default}
 */
public record EffectiveSetting(String path, @Nullable String text, String origin) {}
