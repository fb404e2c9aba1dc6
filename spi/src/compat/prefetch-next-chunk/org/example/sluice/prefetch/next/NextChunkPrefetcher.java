// SPDX-License-Identifier: Apache-2.0
package org.example.sluice.prefetch.next;

import io.sluicefs.spi.Axis;
import io.sluicefs.spi.ByteRange;
import io.sluicefs.spi.ObjectId;
import io.sluicefs.spi.PluginContext;
import io.sluicefs.spi.PluginDescriptor;
import io.sluicefs.spi.Setting;
import io.sluicefs.spi.SpiVersion;
import io.sluicefs.spi.prefetch.PrefetchLimits;
import io.sluicefs.spi.prefetch.Prefetcher;
import io.sluicefs.spi.prefetch.PrefetcherProvider;
import io.sluicefs.spi.prefetch.ReadAhead;
import io.sluicefs.spi.prefetch.ReadAheadWindow;
import java.util.List;

/** Plans the chunk after the one that is read. */
public final class NextChunkPrefetcher implements PrefetcherProvider {
  private static final Setting<Long> CHUNK =
      Setting.size("chunk-size", "64KiB", "Bytes of a request.").withDefault("1MiB");

  @Override
  public PluginDescriptor descriptor() {
    return new PluginDescriptor(
        "next-chunk",
        Axis.PREFETCH,
        new SpiVersion(SpiVersion.MAJOR, SpiVersion.MINOR),
        List.of(CHUNK));
  }

  @Override
  public Prefetcher open(PluginContext context) {
    long chunk = context.settings().get(CHUNK);
    return new Prefetcher() {
      @Override
      public ReadAhead open(ObjectId id, long size) {
        return (read, budget) -> plan(read, Math.min(chunk, budget), chunk, size);
      }

      @Override
      public PrefetchLimits limits() {
        return new PrefetchLimits(chunk, 2, 8);
      }
    };
  }

  private static ReadAheadWindow plan(ByteRange read, long most, long chunk, long size) {
    long start = Math.min(size, (read.end() + chunk - 1) / chunk * chunk);
    long end = Math.min(size, start + most);
    return start < end
        ? new ReadAheadWindow(List.of(new ByteRange(start, end)))
        : ReadAheadWindow.EMPTY;
  }
}
