// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.emulator;

import java.time.Duration;

/**
 * The network the emulator pretends to be behind. Changes hold from the next answer or piece of a
 * body on.
 */
public final class Conditions {
  private volatile Duration latency;
  private volatile long bytesPerSecondPerConnection;

  Conditions(Duration latency, long bytesPerSecondPerConnection) {
    this.latency = checked(latency);
    this.bytesPerSecondPerConnection = checked(bytesPerSecondPerConnection);
  }

  /** Time between the end of a request and the first byte of its answer. */
  public Duration latency() {
    return latency;
  }

  public void latency(Duration latency) {
    this.latency = checked(latency);
  }

  /** Bytes of an answer's body a second on one connection; 0 = as fast as the socket takes them. */
  public long bytesPerSecondPerConnection() {
    return bytesPerSecondPerConnection;
  }

  public void bytesPerSecondPerConnection(long bytes) {
    this.bytesPerSecondPerConnection = checked(bytes);
  }

  private static Duration checked(Duration latency) {
    if (latency.isNegative()) {
      throw new IllegalArgumentException("latency is " + latency + ", give zero or more");
    }
    return latency;
  }

  private static long checked(long bytes) {
    if (bytes < 0) {
      throw new IllegalArgumentException(
          "bandwidth is " + bytes + " bytes/s, give zero (unlimited) or more");
    }
    return bytes;
  }
}
