// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.spi.cache;

/**
 * Counts of a cache since it was opened, and its use now.
 *
 * @param hits requests answered by a block that was there or under way
 * @param misses requests that had to load
 * @param loadedBytes bytes the loader brought
 * @param evictedBytes bytes given up to make room
 * @param unreadBytes bytes given up that nobody ever read: read-ahead for nothing
 * @param usedBytes bytes held now
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
