// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.fs;

/**
 * What may be changed.
 *
 * @param readOnly whether nothing may
 * @param renameLimit most objects in a directory that is renamed
 */
public record ChangeOptions(boolean readOnly, int renameLimit) {}
