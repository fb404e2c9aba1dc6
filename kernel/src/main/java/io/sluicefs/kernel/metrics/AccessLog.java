// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.metrics;

import io.sluicefs.kernel.control.Json;
import java.lang.System.Logger.Level;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A line of JSON for each thing that was done, through a logger of its own that is off unless the
 * configuration says where to. Thread-safe.
 */
public final class AccessLog {
  /** Of what Linux asked; the daemon routes it. */
  public static final String OPERATIONS = "io.sluicefs.access.operations";

  /** Of what the store was asked; the daemon routes it. */
  public static final String REQUESTS = "io.sluicefs.access.requests";

  private static final double NANOS = 1e9;

  private final System.Logger logger;

  /** Creates the log of a name. */
  public AccessLog(String name) {
    this.logger = System.getLogger(name);
  }

  /** Returns whether anything is written. */
  public boolean isOn() {
    return logger.isLoggable(Level.INFO);
  }

  /**
   * Writes a line.
   *
   * @param nanos how long it took
   */
  public void add(Map<String, ?> fields, long nanos) {
    Map<String, Object> line = new LinkedHashMap<>(fields);
    line.put("time", Instant.now().toString());
    line.put("seconds", nanos / NANOS);
    logger.log(Level.INFO, () -> Json.text(line));
  }
}
