// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.emulator;

import java.util.Map;

/**
 * What the emulator has served since it started or since the last {@link Counters#reset()}.
 *
 * @param requests requests of the two dialects by kind; every kind is present; the admin listener
 *     is not counted
 * @param errors answers of status 400 and above by status, only statuses that occurred
 * @param bytesIn bytes of object bodies received, aws-chunked framing excluded
 * @param bytesOut bytes of object bodies handed to the sockets, those of a GET its client gave up
 *     included
 */
public record CounterSnapshot(
    Map<RequestKind, Long> requests, Map<Integer, Long> errors, long bytesIn, long bytesOut) {

  public CounterSnapshot {
    requests = Map.copyOf(requests);
    errors = Map.copyOf(errors);
  }

  public long requests(RequestKind kind) {
    return requests.getOrDefault(kind, 0L);
  }

  public long errors(int status) {
    return errors.getOrDefault(status, 0L);
  }

  public long totalRequests() {
    return requests.values().stream().mapToLong(Long::longValue).sum();
  }
}
