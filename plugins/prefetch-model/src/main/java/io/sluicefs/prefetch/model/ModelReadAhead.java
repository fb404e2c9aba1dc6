// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.prefetch.model;

import io.sluicefs.spi.ByteRange;
import io.sluicefs.spi.prefetch.PresentBytes;
import io.sluicefs.spi.prefetch.ReadAhead;
import io.sluicefs.spi.prefetch.ReadAheadWindow;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Plans one handle: finds out what its file is, and then goes by its tensors or abstains. */
final class ModelReadAhead implements ReadAhead {
  /** Reads after which it is no longer looked for a head nobody reads. */
  private static final int MOST_LOOKS = 64;

  private final Recognition recognition;
  private final long size;
  private final PresentBytes present;
  private final ModelPrefetchConfig config;
  private int looks;
  private boolean readsHead;
  private boolean abstains;
  private @Nullable TensorPlanner planner;
  private ReadAheadWindow head = ReadAheadWindow.EMPTY;

  ModelReadAhead(
      Recognition recognition, long size, PresentBytes present, ModelPrefetchConfig config) {
    this.recognition = recognition;
    this.size = size;
    this.present = present;
    this.config = config;
  }

  @Override
  public ReadAheadWindow next(ByteRange justRead, long budget) {
    if (!recognition.isSettled() && looks < MOST_LOOKS) {
      looks++;
      recognition.look(present);
    }
    readsHead |= justRead.start() == 0;
    TensorTable table = recognition.table();
    if (table != null) {
      if (planner == null) {
        planner = new TensorPlanner(table, config);
      }
      ReadAheadWindow window = planner.next(justRead, budget);
      abstains = planner.abstains();
      return abstains ? ReadAheadWindow.EMPTY : window;
    }
    boolean wholeIndex = recognition.kind() == Recognition.Kind.SHARD_INDEX;
    boolean waitsForTable =
        recognition.isNamedSafetensors()
            && readsHead
            && looks < MOST_LOOKS
            && !recognition.isSettled();
    abstains = !wholeIndex && !waitsForTable;
    return abstains
        ? ReadAheadWindow.EMPTY
        : upTo(wholeIndex ? size : recognition.headEnd(), justRead.end(), budget);
  }

  @Override
  public String describe() {
    if (planner != null) {
      return "read by tensors, as the head of the file lists them";
    }
    return recognition.kind() == Recognition.Kind.SHARD_INDEX
        ? "an index of shards, read whole"
        : "the head of the file is on its way";
  }

  /** Plans what the file begins with. */
  private ReadAheadWindow upTo(long wanted, long readEnd, long budget) {
    long end = Math.min(wanted, budget < size ? readEnd + budget : size);
    List<ByteRange> ranges = end > readEnd ? List.of(new ByteRange(readEnd, end)) : List.of();
    if (!ranges.equals(head.ranges())) {
      head = ranges.isEmpty() ? ReadAheadWindow.EMPTY : new ReadAheadWindow(ranges);
    }
    return head;
  }

  @Override
  public boolean abstains() {
    return abstains;
  }
}
