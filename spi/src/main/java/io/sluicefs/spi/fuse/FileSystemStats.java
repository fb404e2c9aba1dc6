// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.spi.fuse;

/**
 * The answer to {@code statfs}.
 *
 * @param blockSize unit of the counts below, in bytes
 * @param blocks total
 * @param freeBlocks free, for all users
 * @param files inodes, total
 * @param freeFiles inodes, free
 * @param maxNameLength in bytes
 */
public record FileSystemStats(
    int blockSize, long blocks, long freeBlocks, long files, long freeFiles, int maxNameLength) {}
