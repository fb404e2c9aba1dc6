// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.emulator.http;

import io.sluicefs.emulator.Conditions;
import io.sluicefs.emulator.Counters;
import java.util.concurrent.Executor;

/**
 * What all connections of a listener share.
 *
 * @param counters where requests and bytes are counted
 * @param conditions latency and bandwidth
 * @param slowTasks runs what may wait for a disk
 * @param tls whether connections are encrypted
 */
public record Surroundings(
    Counters counters, Conditions conditions, Executor slowTasks, boolean tls) {}
