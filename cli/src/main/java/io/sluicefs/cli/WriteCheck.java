// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cli;

import io.sluicefs.kernel.mount.OpenBucket;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.transport.ObjectStat;
import io.sluicefs.spi.transport.PutOptions;
import io.sluicefs.spi.transport.Transport;
import io.sluicefs.spi.transport.UploadBody;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.UUID;

/**
 * Whether the credentials may write below the prefix: an object is put there, asked of, deleted.
 */
final class WriteCheck {
  private static final String CHECK = "writing";
  private static final byte[] PROBE =
      "sluice doctor was here and failed to delete this".getBytes(StandardCharsets.US_ASCII);

  private final Transport transport;
  private final String key;

  WriteCheck(OpenBucket bucket) {
    this.transport = bucket.transport();
    this.key = bucket.prefix() + ".sluice-doctor-" + UUID.randomUUID();
  }

  Finding finding() {
    String doing = "put";
    boolean isThere = false;
    try (Arena arena = Arena.ofShared()) {
      UploadBody body = new UploadBody(List.of(arena.allocateFrom(ValueLayout.JAVA_BYTE, PROBE)));
      ObjectStat made = transport.put(key, PutOptions.REPLACE, body);
      isThere = true;
      doing = "asked of";
      ObjectStat found = transport.head(key);
      doing = "deleted";
      transport.delete(List.of(key));
      isThere = false;
      return found.size() == PROBE.length && found.id().etag().equals(made.id().etag())
          ? Finding.ok(CHECK, "an object can be put, asked of and deleted")
          : Finding.failed(
              CHECK,
              "the store says something else of an object than was put: %d bytes, etag %s"
                  .formatted(found.size(), found.id().etag()),
              "see whether something between here and the store changes what is sent");
    } catch (StorageException e) {
      return Finding.failed(
          CHECK,
          "an object cannot be %s: %s".formatted(doing, e.getMessage()),
          switch (e.kind()) {
            case ACCESS_DENIED ->
                "let these credentials put and delete objects under the prefix, or set"
                    + " mount.read-only = true";
            case UNSUPPORTED -> "set mount.read-only = true";
            default -> "see the message";
          });
    } finally {
      if (isThere) {
        cleanUp();
      }
    }
  }

  private void cleanUp() {
    try {
      transport.delete(List.of(key));
    } catch (StorageException e) {
      // The finding says it; what may not be deleted now may not be a moment later.
      System.getLogger(WriteCheck.class.getName())
          .log(System.Logger.Level.ERROR, "left behind: " + key, e);
    }
  }
}
