// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.distribution;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluicefs.distribution.ReadOnlyBucket.Downloaded;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class UnlimitedWindowTest {
  private static final long MIB = 1 << 20;

  @Test
  void aWindowToTheEndOfTheFileStaysWithinTheMemoryLimit() throws Exception {
    long size = 768 * MIB;
    try (ReadOnlyBucket bucket =
        ReadOnlyBucket.mounted(
            getClass(), "memory.limit = 256MiB\nprefetch.sequential.chunks = unlimited\n")) {
      Path file = bucket.synthetic("large.bin", size);
      Downloaded downloaded =
          bucket.during("dd", "if=" + file, "of=/dev/null", "bs=1M", "status=none");
      assertEquals(size, downloaded.bytes());
      long peak = bucket.peakResidentBytes();
      assertTrue(peak <= 256 * MIB, () -> peak + " bytes resident");
    }
  }
}
