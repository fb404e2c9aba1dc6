// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.spi.prefetch;

/**
 * How the kernel carries out plans.
 *
 * @param chunkSize bytes of one request, on an aligned boundary
 * @param requestsPerFile most requests under way for one object
 * @param requests most requests under way in all
 */
public record PrefetchLimits(long chunkSize, int requestsPerFile, int requests) {
  public PrefetchLimits {
    if (chunkSize < 1 || requestsPerFile < 1 || requests < 1) {
      throw new IllegalArgumentException("prefetch limits are at least 1");
    }
  }
}
