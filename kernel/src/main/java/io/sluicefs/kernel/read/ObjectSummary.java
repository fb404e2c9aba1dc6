// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.read;

import io.sluicefs.spi.ObjectId;

/**
 * What reading one version of an object did since the mount.
 *
 * @param opens how often it was opened
 * @param readBytes bytes handed to readers
 * @param downloadedBytes bytes asked of the store that came
 * @param loads requests for them
 * @param waits reads that had to wait for bytes
 * @param waitNanos how long they waited in all
 * @param pattern what the planner of the session that ended last took the reads for
 */
public record ObjectSummary(
    ObjectId id,
    long size,
    long opens,
    long readBytes,
    long downloadedBytes,
    long loads,
    long waits,
    long waitNanos,
    String pattern) {}
