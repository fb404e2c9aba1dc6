// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.read;

/**
 * What read-ahead did since the mount.
 *
 * @param prefetches requests of read-ahead that ended
 * @param shortOfMemory those that found no memory for all their blocks
 * @param cancelled those given up because nobody wanted them any more
 * @param failed those the store, or a cache, failed
 * @param running those under way now
 */
public record ReadStats(
    long prefetches, long shortOfMemory, long cancelled, long failed, int running) {}
