// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cli;

import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.transport.PendingUpload;
import io.sluicefs.spi.transport.Transport;
import io.sluicefs.spi.transport.TransportCapabilities.Feature;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;

/**
 * Uploads of a bucket that were started and neither completed nor aborted.
 *
 * @param location where the bucket is
 * @param prefix what their keys begin with
 * @param uploads oldest first
 */
record PendingUploads(String location, String prefix, List<PendingUpload> uploads) {
  /**
   * Asks the store; one that takes no uploads in parts has none.
   *
   * @param err where a terminal sees that it takes long
   */
  static PendingUploads of(Transport transport, String prefix, PrintWriter err)
      throws StorageException {
    List<PendingUpload> uploads;
    try (ProgressLine _ = ProgressLine.waiting(err, "listing uploads of " + transport.location())) {
      uploads =
          transport.capabilities().has(Feature.MULTIPART)
              ? transport.listUploads(prefix)
              : List.of();
    }
    return new PendingUploads(
        transport.location(),
        prefix,
        uploads.stream()
            .sorted(Comparator.comparing(PendingUpload::started).thenComparing(PendingUpload::key))
            .toList());
  }

  /** Returns those that were started no later. */
  PendingUploads startedBefore(Instant time) {
    return new PendingUploads(
        location,
        prefix,
        uploads.stream().filter(upload -> !upload.started().isAfter(time)).toList());
  }

  /**
   * Aborts them, or says which it would.
   *
   * @throws IOException if any could not be aborted; the others are nevertheless
   */
  void abort(Transport transport, boolean dryRun, PrintWriter out) throws IOException {
    int failed = 0;
    StorageException first = null;
    for (PendingUpload upload : uploads) {
      try {
        if (!dryRun) {
          transport.abortUpload(upload);
        }
        out.printf(
            "%s %s, started %s%n",
            dryRun ? "would abort" : "aborted",
            UploadsListing.printable(upload.key()),
            upload.started());
      } catch (StorageException e) {
        failed++;
        first = first == null ? e : first;
      }
    }
    out.printf(
        "%d of %s in %s %s%n",
        uploads.size() - failed,
        uploads.size() == 1 ? "1 upload" : uploads.size() + " uploads",
        location,
        dryRun ? "would be aborted" : "aborted");
    out.flush();
    if (first != null) {
      throw new IOException(
          "%d of %d uploads are not aborted: %s"
              .formatted(failed, uploads.size(), first.getMessage()),
          first);
    }
  }
}
