// SPDX-License-Identifier: Apache-2.0
package org.example.sluice.transport.directory;

import io.sluicefs.spi.transport.ListRequest;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;

/** The first keys of a listing that come after those of the pages before, in the order of bytes. */
final class Listing {
  private static final Comparator<String> ORDER =
      (one, other) ->
          Arrays.compareUnsigned(
              one.getBytes(StandardCharsets.UTF_8), other.getBytes(StandardCharsets.UTF_8));

  private final ListRequest request;
  private final PriorityQueue<String> first = new PriorityQueue<>(ORDER.reversed());
  private boolean more;

  Listing(ListRequest request) {
    this.request = request;
  }

  /** Takes note of a key, or of a rolled-up prefix, which ends with a slash. */
  void offer(String key) {
    String token = request.token();
    if (key.startsWith(request.prefix()) && (token == null || ORDER.compare(key, token) > 0)) {
      first.add(key);
      if (first.size() > request.maxKeys()) {
        first.remove();
        more = true;
      }
    }
  }

  /** Returns the page. */
  List<String> page() {
    return first.stream().sorted(ORDER).toList();
  }

  boolean isLast() {
    return !more;
  }
}
