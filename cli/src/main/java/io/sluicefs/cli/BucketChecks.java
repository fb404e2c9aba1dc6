// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cli;

import io.sluicefs.kernel.mount.OpenBucket;
import io.sluicefs.spi.ByteRange;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.transport.ListPage;
import io.sluicefs.spi.transport.ListRequest;
import io.sluicefs.spi.transport.ObjectStat;
import io.sluicefs.spi.transport.Transport;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Whether the credentials open the bucket, and how fast it answers. */
final class BucketChecks {
  private static final int KEYS = 100;
  private static final int LATENCY_READS = 3;
  private static final long PROBED = 8L << 20;
  private static final double NANOS = 1e9;
  private static final double MILLIS = 1e6;

  private final String section;
  private final Transport transport;
  private final String prefix;

  BucketChecks(String section, OpenBucket bucket) {
    this.section = section;
    this.transport = bucket.transport();
    this.prefix = bucket.prefix();
  }

  List<Finding> findings() {
    List<Finding> findings = new ArrayList<>();
    String what = transport.location() + (prefix.isEmpty() ? "" : "/" + prefix);
    ListPage page;
    try {
      page = transport.list(new ListRequest(prefix, "", null, KEYS));
      findings.add(Finding.ok("bucket", what + " can be listed"));
    } catch (StorageException e) {
      findings.add(Finding.failed("bucket", String.valueOf(e.getMessage()), remedy(e.kind())));
      return findings;
    }
    Optional<ObjectStat> largest =
        page.objects().stream()
            .filter(stat -> stat.size() > 0)
            .max(Comparator.comparingLong(ObjectStat::size));
    if (largest.isEmpty()) {
      findings.add(
          Finding.warning(
              "objects", "there is none under " + what, "check mount.prefix if there should be"));
      return findings;
    }
    findings.addAll(probe(largest.get()));
    return findings;
  }

  private List<Finding> probe(ObjectStat object) {
    int length = (int) Math.min(PROBED, object.size());
    try (Arena arena = Arena.ofConfined()) {
      ByteBuffer target = arena.allocate(length).asByteBuffer();
      long fastest = Long.MAX_VALUE;
      for (int i = 0; i < LATENCY_READS; i++) {
        fastest = Math.min(fastest, read(object, 1, target));
      }
      long nanos = read(object, length, target);
      return List.of(
          Finding.ok("latency", String.format(Locale.ROOT, "%.1f ms a request", fastest / MILLIS)),
          Finding.ok(
              "bandwidth",
              "%s/s over one connection, of %s"
                  .formatted(
                      ByteCount.text((long) (length / (nanos / NANOS))), ByteCount.text(length))));
    } catch (StorageException e) {
      return List.of(Finding.failed("reading", String.valueOf(e.getMessage()), remedy(e.kind())));
    }
  }

  private long read(ObjectStat object, int length, ByteBuffer target) throws StorageException {
    ByteBuffer part = target.slice(0, length);
    long start = System.nanoTime();
    transport.read(object.id(), new ByteRange(0, length), new ByteBuffer[] {part}, bytes -> {});
    return System.nanoTime() - start;
  }

  private String remedy(StorageException.Kind kind) {
    return switch (kind) {
      case BAD_CREDENTIALS ->
          "correct the key and secret %s.credentials finds, and the clock".formatted(section);
      case ACCESS_DENIED ->
          "let these credentials list the bucket under the prefix and read its objects";
      case NO_SUCH_BUCKET ->
          "correct %s.bucket, and %s.region or endpoint".formatted(section, section);
      case INVALID_REQUEST ->
          "correct %s.region and %s.endpoint: those of the bucket".formatted(section, section);
      case THROTTLED, SERVER_ERROR, TIMEOUT -> "try again; the store is busy or down";
      default -> "see the message";
    };
  }
}
