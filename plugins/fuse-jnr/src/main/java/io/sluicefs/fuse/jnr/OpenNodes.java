// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.fuse.jnr;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The nodes of open files: by handle, and by the number libfuse gave the file. Each holds one pin
 * of its node until it is removed.
 *
 * <p>Linux asks for the attributes of an open file by libfuse's number alone, which libfuse turns
 * into a path; a file that was unlinked has none. By its number it is found here.
 */
final class OpenNodes {
  private record Open(PathTable.Node node, long number) {}

  /** Number of a file that was just created: libfuse tells it to Linux only. */
  static final long UNKNOWN = 0;

  private final Map<Long, Open> byHandle = new ConcurrentHashMap<>();
  private final Map<Long, Long> handles = new ConcurrentHashMap<>();

  void add(long handle, PathTable.Node node, long number) {
    byHandle.put(handle, new Open(node, number));
    if (number != UNKNOWN) {
      handles.put(number, handle);
    }
  }

  /** Notes libfuse's number of an open file, from a request that names both. */
  void learn(long handle, long number) {
    Open open = byHandle.get(handle);
    if (open != null && open.number() == UNKNOWN) {
      add(handle, open.node(), number);
    }
  }

  PathTable.@Nullable Node get(long handle) {
    Open open = byHandle.get(handle);
    return open == null ? null : open.node();
  }

  /** Returns a handle of the file with libfuse's number, null if none is known. */
  @Nullable Long handleOf(long number) {
    return handles.get(number);
  }

  /** Removes an open file; the caller closes its node. */
  PathTable.@Nullable Node remove(long handle) {
    Open open = byHandle.remove(handle);
    if (open == null) {
      return null;
    }
    if (handles.remove(open.number(), handle)) {
      byHandle.forEach(
          (other, stillOpen) -> {
            if (stillOpen.number() == open.number()) {
              handles.putIfAbsent(open.number(), other);
            }
          });
    }
    return open.node();
  }
}
