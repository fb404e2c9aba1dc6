// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.transport;

import io.sluicefs.spi.ByteRange;
import io.sluicefs.spi.transport.ReadProgress;
import java.nio.ByteBuffer;

/** A read over several attempts: knows what is good and where the buffers go on. */
public final class ResumedRead implements ReadProgress {
  private final ByteRange range;
  private final ByteBuffer[] target;
  private final int[] starts;
  private final ReadProgress progress;
  private long base;
  private long good;

  /** Starts at the buffers' positions. */
  public ResumedRead(ByteRange range, ByteBuffer[] target, ReadProgress progress) {
    this.range = range;
    this.target = target;
    this.progress = progress;
    starts = new int[target.length];
    for (int i = 0; i < target.length; i++) {
      starts[i] = target[i].position();
    }
  }

  long good() {
    return good;
  }

  /** Returns whether every byte is good. */
  public boolean isComplete() {
    return good == range.length();
  }

  /** Returns what is still to be read. */
  public ByteRange remaining() {
    return base == 0 ? range : new ByteRange(range.start() + base, range.end());
  }

  /** Sets the buffers behind the last good byte, where the next attempt starts. */
  public void rewind() {
    base = good;
    long left = good;
    for (int i = 0; i < target.length; i++) {
      int filled = (int) Math.min(left, target[i].limit() - starts[i]);
      target[i].position(starts[i] + filled);
      left -= filled;
    }
  }

  @Override
  public void filled(long bytes) {
    good = base + bytes;
    progress.filled(good);
  }
}
