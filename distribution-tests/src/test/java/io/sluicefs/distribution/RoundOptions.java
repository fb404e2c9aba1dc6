// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.distribution;

import java.util.SplittableRandom;

/**
 * How the bucket of a round is mounted; the seed says it.
 *
 * @param believes whether names are believed for a while, or the store is asked each time
 * @param keeps whether what was written stays in memory
 * @param diskCache whether there is a cache on the disk
 * @param interrupts whether what processes do is interrupted now and then
 */
record RoundOptions(
    Store store, boolean believes, boolean keeps, boolean diskCache, boolean interrupts) {
  static final int PART_MIB = 5;
  private static final int ROUNDS_ALIKE = 8;

  static RoundOptions of(long seed) {
    // The same for some rounds in a row, so that not each of them starts a daemon.
    SplittableRandom random = new SplittableRandom(seed / ROUNDS_ALIKE);
    return new RoundOptions(
        random.nextBoolean() ? Store.S3 : Store.OSS,
        random.nextInt(3) > 0,
        random.nextInt(3) > 0,
        random.nextInt(4) == 0,
        random.nextInt(3) == 0);
  }

  /** The configuration of a mount of a bucket. */
  String settings(Installation installation, EmulatorProcess emulator, String bucket) {
    String settings =
        store.transport(emulator, bucket)
            + """
            memory.limit = 384MiB
            metadata.attribute-ttl = %s
            retry.throttled-pause = 50ms
            log.file = "%s"
            write.part-size = %dMiB
            write.staging { path = "%s", max-size = 2GiB, free-space-floor = 0 }
            """
                .formatted(
                    believes ? "60s" : "0",
                    installation.work().resolve("daemon.log"),
                    PART_MIB,
                    installation.mountpoint("staging"));
    if (!keeps) {
      settings += "write.keep-size = 0\n";
    }
    if (diskCache) {
      settings +=
          "cache.disk-lmdb { path = \"%s\", free-space-floor = 0, max-size = 64MiB }\n"
              .formatted(installation.work().resolve("cache"));
    }
    return settings;
  }
}
