// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.spi.fuse;

/**
 * An opened file.
 *
 * @param handle names it in the requests that follow; never 0
 * @param keepCache the page cache holds this very version: keep it
 * @param directIo bypass the page cache
 */
public record OpenFile(long handle, boolean keepCache, boolean directIo) {}
