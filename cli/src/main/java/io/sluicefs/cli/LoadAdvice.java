// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cli;

import java.util.ArrayList;
import java.util.List;

/** What the figures of a load say could be better, each with the setting that changes it. */
final class LoadAdvice {
  /** What more than this was downloaded again is worth a word. */
  private static final double TOLERATED = 1.05;

  /** A request shorter than this costs mostly its answer's first byte. */
  private static final long SHORT_REQUEST = 1 << 20;

  /** Reads that waited as long as this in all are worth a word. */
  private static final double NOTICED_SECONDS = 1;

  private LoadAdvice() {}

  /**
   * Returns one line for each thing.
   *
   * @param file its figures, as the mount tells them
   * @param mount those of the whole mount
   */
  static List<String> of(JsonFields file, JsonFields mount) {
    List<String> advice = new ArrayList<>();
    long size = file.number("size");
    long read = file.number("read_bytes");
    long downloaded = file.number("downloaded_bytes");
    boolean unordered = file.text("pattern").startsWith("no ");
    long evicted =
        mount.objects("caches").stream()
            .mapToLong(cache -> cache.number("evicted_bytes"))
            .findFirst()
            .orElse(0);
    if (downloaded > size * TOLERATED) {
      advice.add(
          evicted > 0
              ? "Bytes were downloaded again after the cache gave them up: raise"
                  + " cache.memory.capacity and memory.limit, or keep blocks on a disk with"
                  + " cache.disk-lmdb."
              : "Bytes were downloaded again by a later load: cache.memory.retention keeps them"
                  + " between loads, and cache.disk-lmdb over mounts.");
    } else if (read > 0 && downloaded > read * TOLERATED) {
      advice.add(
          unordered
              ? "More was downloaded than read, because pieces are read in no order: prefetch ="
                  + " [model, sequential] fetches only the tensors a process reads."
              : "More was downloaded than read: read-ahead went beyond what was wanted;"
                  + " prefetch.sequential.chunks limits it.");
    }
    if (file.decimal("wait_seconds") > NOTICED_SECONDS) {
      if (mount.object("read_ahead").number("short_of_memory") > 0) {
        advice.add(
            "Readers waited while read-ahead found no memory: raise memory.limit and"
                + " cache.memory.capacity.");
      } else if (unordered) {
        advice.add(
            "Readers waited because nothing could be read ahead: prefetch = [model, sequential]"
                + " knows safetensors and GGUF, and a trace any order that repeats"
                + " (prefetch.record, prefetch.replay).");
      } else {
        advice.add(
            "Readers were faster than the store: more requests at once may help"
                + " (prefetch.sequential.requests-per-file, requests.reads); sluice doctor says what"
                + " the store can do.");
      }
    }
    long requests = file.number("requests");
    if (requests > 0 && downloaded / requests < SHORT_REQUEST && downloaded > size / 2) {
      advice.add(
          "It came in requests of less than 1 MiB: a reader in order, or sluice warm before the"
              + " load, makes them longer.");
    }
    if (advice.isEmpty()) {
      advice.add("Nothing to change: each byte was downloaded once and hardly a read waited.");
    }
    return advice;
  }
}
