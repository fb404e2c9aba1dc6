// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.demo;

import java.util.Locale;

/**
 * What one load cost.
 *
 * @param transport plugin that fetched
 * @param scenario who read what
 * @param modelBytes bytes of the files loaded
 * @param downloadedBytes bytes of bodies the store sent
 * @param seconds from the start of the readers to the end of the last
 * @param daemonCpuSeconds user and system time of the daemon meanwhile, from the kernel
 * @param peakRssBytes largest resident size of the daemon, from the kernel
 */
record Row(
    String transport,
    String scenario,
    long modelBytes,
    long downloadedBytes,
    double seconds,
    double daemonCpuSeconds,
    long peakRssBytes) {
  private static final double GIB = 1L << 30;
  private static final double MIB = 1L << 20;

  static final String HEADING =
      "%-9s  %-44s  %9s  %10s  %6s  %7s  %6s  %10s  %8s"
          .formatted(
              "transport",
              "scenario",
              "model MiB",
              "downloaded",
              "ratio",
              "seconds",
              "GB/s",
              "CPU-s/GiB",
              "peak MiB");

  double ratio() {
    return (double) downloadedBytes / modelBytes;
  }

  String line() {
    return String.format(
        Locale.ROOT,
        "%-9s  %-44s  %9.0f  %10.0f  %6.3f  %7.2f  %6.2f  %10.2f  %8.0f",
        transport,
        scenario,
        modelBytes / MIB,
        downloadedBytes / MIB,
        ratio(),
        seconds,
        modelBytes / seconds / 1e9,
        daemonCpuSeconds / (modelBytes / GIB),
        peakRssBytes / MIB);
  }

  String json() {
    return String.format(
        Locale.ROOT,
        "{\"transport\":\"%s\",\"scenario\":\"%s\",\"model_bytes\":%d,\"downloaded_bytes\":%d,\"ratio\":%.4f,"
            + "\"seconds\":%.3f,\"daemon_cpu_seconds\":%.2f,\"peak_rss_bytes\":%d}",
        transport,
        scenario,
        modelBytes,
        downloadedBytes,
        ratio(),
        seconds,
        daemonCpuSeconds,
        peakRssBytes);
  }
}
