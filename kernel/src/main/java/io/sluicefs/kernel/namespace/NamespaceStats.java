// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.namespace;

/**
 * Counts of a namespace.
 *
 * @param inodes known now, the root and the idle included
 * @param listingBytes heap all listings take now
 * @param hiddenKeys keys no path can name, counted in each listing that met them
 * @param shadowedObjects objects whose name a directory has, counted in each listing and lookup
 *     that met them
 */
public record NamespaceStats(
    int inodes, long listingBytes, long hiddenKeys, long shadowedObjects) {}
