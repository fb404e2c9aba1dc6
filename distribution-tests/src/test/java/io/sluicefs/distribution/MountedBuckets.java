// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.distribution;

import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * An emulator with a bucket for each store, mounted for writing and, where a test asks for it, once
 * more as another host does.
 */
final class MountedBuckets implements AutoCloseable {
  private final Installation installation;
  private final EmulatorProcess emulator;
  private final Map<Store, BucketMount> writing = new EnumMap<>(Store.class);
  private final Map<Store, BucketMount> reading = new EnumMap<>(Store.class);

  private MountedBuckets(Installation installation, EmulatorProcess emulator) {
    this.installation = installation;
    this.emulator = emulator;
  }

  static MountedBuckets open(Class<?> test, Store... stores) {
    Installation installation = Installation.open(test);
    // In files, because memory would not suffice.
    EmulatorProcess emulator =
        EmulatorProcess.start("--directory", installation.work().resolve("store").toString());
    MountedBuckets buckets = new MountedBuckets(installation, emulator);
    for (Store store : stores) {
      emulator.createBucket(bucket(store));
      buckets.writing.put(
          store, BucketMount.forWriting(installation, emulator, store, bucket(store)));
    }
    return buckets;
  }

  static String bucket(Store store) {
    return "models-" + store.slug();
  }

  Installation installation() {
    return installation;
  }

  EmulatorProcess emulator() {
    return emulator;
  }

  BucketMount mount(Store store) {
    return writing.get(store);
  }

  /** A mount that has not seen what the other one does. */
  BucketMount otherHost(Store store) {
    return reading.computeIfAbsent(
        store, s -> BucketMount.forReading(installation, emulator, s, bucket(s)));
  }

  /** What the store holds below a folder, without asking a mount. */
  BucketContents contents(Store store, String folder) {
    return new BucketContents(emulator, bucket(store), folder);
  }

  /** Unmounts, which must succeed, and leaves nothing behind. */
  @Override
  public void close() throws IOException {
    List<BucketMount> mounts = new ArrayList<>(writing.values());
    mounts.addAll(reading.values());
    try {
      mounts.forEach(BucketMount::unmount);
    } finally {
      mounts.forEach(BucketMount::close);
      emulator.close();
    }
    Mountpoints.cleanUnder(installation.work());
  }
}
