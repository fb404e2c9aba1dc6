// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.benchmarks.comparison;

import java.util.Locale;

/** How far away the store is. */
enum Network {
  LOOPBACK("", "0 ms", 0, 0),
  DISTANT(", 20 ms", "20 ms, 100 MB/s per connection", 20, 100_000_000);

  private final String suffix;
  private final String title;
  private final int latencyMillis;
  private final long bytesPerSecond;

  Network(String suffix, String title, int latencyMillis, long bytesPerSecond) {
    this.suffix = suffix;
    this.title = title;
    this.latencyMillis = latencyMillis;
    this.bytesPerSecond = bytesPerSecond;
  }

  /** Returns the name of the folder of its objects, and of files about it. */
  String folder() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Returns what is appended to the name of a work. */
  String suffix() {
    return suffix;
  }

  String title() {
    return title;
  }

  /** Returns the time from a request to the first byte of its answer. */
  int latencyMillis() {
    return latencyMillis;
  }

  /** Returns the most bytes a second on one connection; 0 is unlimited. */
  long bytesPerSecond() {
    return bytesPerSecond;
  }
}
