// SPDX-License-Identifier: Apache-2.0
import io.sluicefs.spi.prefetch.PrefetcherProvider;
import org.example.sluice.prefetch.next.NextChunkPrefetcher;

/** Reads the next chunk ahead: {@code prefetch.next-chunk}. */
module org.example.sluice.prefetch.next {
  requires io.sluicefs.spi;

  provides PrefetcherProvider with
      NextChunkPrefetcher;
}
