// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.fuse.jnr;

import io.sluicefs.spi.fuse.MountOptions;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** A mount's options as libfuse 2 reads them. */
final class LibFuseOptions {
  /** libfuse 2 cannot carry more in one request. */
  static final int MAX_REQUEST = 128 * 1024;

  private final String decimalPoint;

  /**
   * Creates a writer of options.
   *
   * @param decimalPoint of the process's locale, in which libfuse reads numbers
   */
  LibFuseOptions(String decimalPoint) {
    this.decimalPoint = decimalPoint;
  }

  /** Returns what stands after {@code -o}. */
  String text(MountOptions options, int threads) {
    List<String> all = new ArrayList<>();
    all.add("fsname=" + options.source());
    all.add("subtype=sluice");
    all.add(options.readOnly() ? "ro" : "rw");
    if (options.allowOther()) {
      all.add("allow_other");
      all.add("default_permissions");
    }
    if (options.nonEmpty()) {
      all.add("nonempty");
    }
    all.add("use_ino");
    // An unlinked file that is still open is the file system's to keep, not libfuse's to rename.
    all.add("hard_remove");
    all.add("atomic_o_trunc");
    all.add("big_writes");
    all.add("max_read=" + MAX_REQUEST);
    all.add("max_readahead=" + options.maxReadAhead());
    // Readahead beyond what the threads can answer would only queue.
    all.add("max_background=" + Math.max(1, threads));
    all.add("congestion_threshold=" + Math.max(1, threads * 3 / 4));
    all.add("entry_timeout=" + seconds(options.entryTtl()));
    all.add("attr_timeout=" + seconds(options.attributeTtl()));
    all.add("negative_timeout=" + seconds(options.negativeTtl()));
    return all.stream().map(LibFuseOptions::escape).collect(Collectors.joining(","));
  }

  private String seconds(Duration time) {
    return BigDecimal.valueOf(time.getSeconds())
        .add(BigDecimal.valueOf(time.getNano(), 9))
        .stripTrailingZeros()
        .toPlainString()
        .replace(".", decimalPoint);
  }

  private static String escape(String option) {
    return option.replace("\\", "\\\\").replace(",", "\\,");
  }
}
