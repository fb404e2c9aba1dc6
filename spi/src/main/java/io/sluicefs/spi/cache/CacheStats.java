// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.spi.cache;

/**
 * Counts of a cache since it was opened, and its use now. Requests are leases asked for; prefetches
 * and a {@link ObjectBlocks#get} that finds nothing count as neither hit nor miss.
 *
 * @param hits requests answered by a block that was there or under way
 * @param misses requests that had to load
 * @param loadedBytes bytes of the blocks the loader filled
 * @param evictedBytes bytes given up to make room, not those that went as the retention says
 * @param unreadBytes bytes given up, for whatever reason, that nobody ever read: read-ahead for
 *     nothing
 * @param usedBytes bytes of the filled blocks held now, those leased included
 * @param pinnedBytes bytes of blocks leased now
 * @param capacityBytes most bytes it may hold
 */
public record CacheStats(
    long hits,
    long misses,
    long loadedBytes,
    long evictedBytes,
    long unreadBytes,
    long usedBytes,
    long pinnedBytes,
    long capacityBytes) {}
