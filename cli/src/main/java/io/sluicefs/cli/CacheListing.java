// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cli;

import io.sluicefs.spi.cache.KeptCache.KeptObject;
import java.io.PrintWriter;
import java.util.List;
import java.util.stream.Collectors;

/** Prints what the disk cache keeps, for people or for programs. */
final class CacheListing {
  private final PrintWriter out;

  CacheListing(PrintWriter out) {
    this.out = out;
  }

  void table(List<KeptObject> objects) {
    if (objects.isEmpty()) {
      out.println("Nothing is kept.");
      return;
    }
    out.printf("%10s %10s %-6s  %s%n", "KEPT", "SIZE", "PINNED", "OBJECT");
    for (KeptObject object : objects) {
      out.printf(
          "%10s %10s %-6s  %s%n",
          ByteCount.text(object.keptBytes()),
          ByteCount.text(object.size()),
          object.pinned() ? "yes" : "no",
          UploadsListing.printable(object.location() + "/" + object.id().key()));
    }
  }

  void json(List<KeptObject> objects) {
    out.println(
        objects.stream().map(CacheListing::json).collect(Collectors.joining(",", "[", "]")));
  }

  private static String json(KeptObject object) {
    return "{\"location\":%s,\"key\":%s,\"etag\":%s,\"size\":%d,\"kept\":%d,\"pinned\":%s}"
        .formatted(
            JsonText.quoted(object.location()),
            JsonText.quoted(object.id().key()),
            JsonText.quoted(object.id().etag()),
            object.size(),
            object.keptBytes(),
            object.pinned());
  }
}
