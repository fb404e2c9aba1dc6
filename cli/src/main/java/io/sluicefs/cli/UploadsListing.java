// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cli;

import io.sluicefs.kernel.staging.Leftover;
import io.sluicefs.kernel.staging.Leftovers;
import io.sluicefs.spi.transport.PendingUpload;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.stream.Collectors;

/** Prints what mounts that ended left, for people or for programs. */
final class UploadsListing {
  private final PrintWriter out;
  private final Instant now;

  UploadsListing(PrintWriter out, Instant now) {
    this.out = out;
    this.now = now;
  }

  void leftovers(Optional<Path> folder, Leftovers leftovers) {
    if (folder.isEmpty()) {
      out.println("Nothing is staged: write.staging.path is empty.");
      return;
    }
    if (leftovers.files().isEmpty()) {
      out.println("No staged files are left in " + folder.get() + ".");
      return;
    }
    out.println("Staged files that are in no object:");
    out.printf("  %-8s %-14s %10s %10s  %s%n", "AGE", "ID", "STAGED", "SIZE", "KEY");
    for (Leftover file : leftovers.files()) {
      out.printf(
          "  %-8s %-14s %10s %10s  %s%n",
          age(file.started()),
          file.id(),
          ByteCount.text(file.staged()),
          ByteCount.text(file.size()),
          printable(file.origin().location() + "/" + file.origin().key()));
      file.why().ifPresent(why -> out.println("    not uploaded: " + printable(why)));
      if (file.missing() > 0) {
        out.println(
            "    "
                + ByteCount.text(file.missing())
                + " of it went with an upload that was not completed");
      }
      out.println("    " + file.path());
    }
    out.println(
        "  Recover one with sluice uploads recover ID --output FILE, or --upload; remove it with"
            + " sluice uploads discard ID.");
  }

  void uploads(PendingUploads uploads) {
    String where =
        uploads.location() + (uploads.prefix().isEmpty() ? "" : " under " + uploads.prefix());
    if (uploads.uploads().isEmpty()) {
      out.println("No uploads are pending in " + where + ".");
      return;
    }
    out.println("Pending uploads in " + where + ":");
    out.printf("  %-8s %-40s %s%n", "AGE", "KEY", "UPLOAD");
    for (PendingUpload upload : uploads.uploads()) {
      out.printf(
          "  %-8s %-40s %s%n",
          age(upload.started()), printable(upload.key()), printable(upload.uploadId()));
    }
    out.println("  Abort those of no mount with sluice uploads abort --older-than AGE.");
  }

  void json(PendingUploads uploads, Leftovers leftovers) {
    String pending =
        uploads.uploads().stream()
            .map(
                upload ->
                    "{\"key\":%s,\"upload\":%s,\"started\":%s}"
                        .formatted(
                            JsonText.quoted(upload.key()),
                            JsonText.quoted(upload.uploadId()),
                            JsonText.quoted(upload.started().toString())))
            .collect(Collectors.joining(","));
    String staged =
        leftovers.files().stream().map(UploadsListing::json).collect(Collectors.joining(","));
    out.printf(
        "{\"location\":%s,\"prefix\":%s,\"uploads\":[%s],\"staged\":[%s],\"unreadable\":[%s]}%n",
        JsonText.quoted(uploads.location()),
        JsonText.quoted(uploads.prefix()),
        pending,
        staged,
        leftovers.unreadable().stream().map(JsonText::quoted).collect(Collectors.joining(",")));
  }

  private static String json(Leftover file) {
    return "{\"id\":%s,\"location\":%s,\"key\":%s,\"size\":%d,\"staged\":%d,\"missing\":%d,\"started\":%s,\"why\":%s,\"path\":%s}"
        .formatted(
            JsonText.quoted(file.id()),
            JsonText.quoted(file.origin().location()),
            JsonText.quoted(file.origin().key()),
            file.size(),
            file.staged(),
            file.missing(),
            JsonText.quoted(file.started().toString()),
            file.why().map(JsonText::quoted).orElse("null"),
            JsonText.quoted(file.path().toString()));
  }

  /** Keys may hold line ends and terminal sequences. */
  static String printable(String text) {
    return text.replaceAll("\\p{Cc}", "?");
  }

  private String age(Instant started) {
    Duration age = Duration.between(started, now);
    if (age.isNegative()) {
      return "0s";
    }
    if (age.toDays() > 0) {
      return age.toDays() + "d" + age.toHoursPart() + "h";
    }
    if (age.toHours() > 0) {
      return age.toHours() + "h" + age.toMinutesPart() + "m";
    }
    return age.toMinutes() > 0
        ? age.toMinutes() + "m" + age.toSecondsPart() + "s"
        : age.toSeconds() + "s";
  }
}
