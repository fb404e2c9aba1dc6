// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.spi.fuse;

/**
 * Who sent a request.
 *
 * @param uid user
 * @param gid group
 * @param pid process; 0 when the request comes from the Linux kernel itself, such as readahead
 */
public record Caller(int uid, int gid, int pid) {}
