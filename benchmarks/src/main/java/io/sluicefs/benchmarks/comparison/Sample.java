// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.benchmarks.comparison;

import java.util.OptionalLong;

/**
 * What one run of a work cost.
 *
 * @param seconds from the start of the programs to the end of the last, and until the server has
 *     what was written
 * @param daemonCpuSeconds user and system time of the daemon meanwhile
 * @param served what the server did meanwhile
 * @param peakRssBytes largest resident size of the daemon meanwhile
 * @param medianMicros what half of the operations took at most, where it was measured
 */
record Sample(
    double seconds,
    double daemonCpuSeconds,
    ObjectServer.Served served,
    long peakRssBytes,
    OptionalLong medianMicros) {}
