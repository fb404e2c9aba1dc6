// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cli;

import io.sluicefs.kernel.mount.HostMounts.Visible;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** What a mount says of itself, for people. */
final class StatsText {
  static final String NOTHING_MOUNTED = "Nothing is mounted by this user.";

  private static final int MINUTE = 60;
  private static final int HOUR = 60 * MINUTE;
  private static final int DAY = 24 * HOUR;

  private StatsText() {}

  static void status(PrintWriter out, JsonFields status) {
    JsonFields memory = status.object("memory");
    JsonFields inFlight = status.object("in_flight");
    JsonFields errors = status.object("errors");
    out.printf("%s at %s%n", printable(status, "source"), printable(status, "mountpoint"));
    out.printf(
        "  up          %s, process %d%n",
        duration((long) status.decimal("uptime_seconds")), status.number("pid"));
    out.printf(
        "  plugins     %s%n",
        status.list("plugins").stream().map(Object::toString).collect(Collectors.joining(", ")));
    out.printf(
        "  memory      %s of %s, %s of it data%n",
        ByteCount.text(memory.number("resident")),
        ByteCount.text(memory.number("limit")),
        ByteCount.text(memory.number("data")));
    out.printf(
        "  in flight   %d operations, %d requests, %d of them read-ahead%n",
        inFlight.number("operations"), inFlight.number("requests"), inFlight.number("read_ahead"));
    out.printf(
        "  failed      %d operations, %d requests%n",
        errors.number("operations"), errors.number("requests"));
    status
        .object("set")
        .fields()
        .forEach((path, value) -> out.printf("  set         %s = %s%n", path, value));
    if (status.has("user")) {
      out.printf("  user        %s%n", printable(status, "user"));
    }
    if (status.has("page")) {
      out.printf("  page        %s%n", printable(status, "page"));
    }
    if (status.has("log")) {
      out.printf("  log         %s%n", printable(status, "log"));
    }
  }

  /** Prints which mounts there are beside those of this user. */
  static void silent(PrintWriter out, List<Visible> mounts) {
    mounts.forEach(
        mount ->
            out.printf(
                "%s at %s, of another user; root sees its status%n",
                UploadsListing.printable(mount.source()),
                UploadsListing.printable(mount.mountpoint().toString())));
  }

  /** Prints all figures; those that changed since {@code before} as a speed too. */
  static void stats(PrintWriter out, JsonFields stats, JsonFields before, double seconds) {
    status(out, stats);
    out.printf(
        "  read        %s%s%n",
        ByteCount.text(stats.number("read_bytes")), speed(stats, before, "read_bytes", seconds));
    out.printf(
        "  downloaded  %s%s%s%n",
        ByteCount.text(stats.number("downloaded_bytes")),
        speed(stats, before, "downloaded_bytes", seconds),
        stats.has("amplification")
            ? String.format(
                Locale.ROOT, ", %.3f for each byte read", stats.decimal("amplification"))
            : "");
    if (stats.number("uploaded_bytes") > 0) {
      out.printf(
          "  uploaded    %s%s%n",
          ByteCount.text(stats.number("uploaded_bytes")),
          speed(stats, before, "uploaded_bytes", seconds));
    }
    JsonFields readAhead = stats.object("read_ahead");
    out.printf(
        "  read ahead  %s in %d requests, %d short of memory, %d cancelled, %d failed%n",
        ByteCount.text(stats.number("read_ahead_bytes")),
        readAhead.number("requests"),
        readAhead.number("short_of_memory"),
        readAhead.number("cancelled"),
        readAhead.number("failed"));
    for (JsonFields cache : stats.objects("caches")) {
      out.printf(
          "  cache       %-10s %s of %s, %s of requests hit, %s given up unread%n",
          cache.text("name"),
          ByteCount.text(cache.number("used_bytes")),
          ByteCount.text(cache.number("capacity_bytes")),
          cache.has("hit_ratio")
              ? String.format(Locale.ROOT, "%.1f %%", 100 * cache.decimal("hit_ratio"))
              : "-",
          ByteCount.text(cache.number("unread_bytes")));
    }
    stats.objects("files").forEach(file -> file(out, file));
  }

  private static String speed(JsonFields now, JsonFields before, String name, double seconds) {
    return seconds <= 0
        ? ""
        : ", "
            + ByteCount.text(
                Math.max(0, (long) ((now.number(name) - before.number(name)) / seconds)))
            + "/s";
  }

  private static void file(PrintWriter out, JsonFields file) {
    out.printf(
        "  open        %s: %s, %s read, %s downloaded in %d requests; %d reads waited %.1f s; %s"
            + " in memory, %s on its way%n",
        printable(file, "path"),
        ByteCount.text(file.number("size")),
        ByteCount.text(file.number("read_bytes")),
        ByteCount.text(file.number("downloaded_bytes")),
        file.number("requests"),
        file.number("waits"),
        file.decimal("wait_seconds"),
        ByteCount.text(length(file.list("held"))),
        ByteCount.text(length(file.list("loading"))));
    for (JsonFields reader : file.objects("readers")) {
      String limit = reader.text("limit");
      out.printf(
          "    %-13s %s; wants %s ahead%s%n",
          reader.text("together").equals("true")
              ? "together"
              : "at " + ByteCount.text(reader.number("position")),
          reader.text("pattern"),
          ByteCount.text(length(reader.list("window"))),
          limit.isEmpty() ? "" : ", no more because " + limit);
    }
  }

  private static long length(List<?> ranges) {
    long length = 0;
    for (Object range : ranges) {
      if (range instanceof List<?> ends
          && ends.size() == 2
          && ends.get(0) instanceof Number start
          && ends.get(1) instanceof Number end) {
        length += end.longValue() - start.longValue();
      }
    }
    return length;
  }

  private static String printable(JsonFields fields, String name) {
    return UploadsListing.printable(fields.text(name));
  }

  private static String duration(long seconds) {
    if (seconds < MINUTE) {
      return seconds + " s";
    }
    if (seconds < HOUR) {
      return seconds / MINUTE + " min";
    }
    return seconds < DAY
        ? "%d h %d min".formatted(seconds / HOUR, seconds % HOUR / MINUTE)
        : "%d d %d h".formatted(seconds / DAY, seconds % DAY / HOUR);
  }
}
