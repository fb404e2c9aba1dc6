// SPDX-License-Identifier: Apache-2.0
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.SequencedMap;
import java.util.SequencedSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;

/**
 * Which share of the regions read is on the disk under different orders of eviction: the replay of a
 * host that loads twelve models, the popular ones again and again, and now and then a huge one once.
 * The trace is the same at every run.
 */
public final class EvictionReplay {
  private static final int CAPACITY = 240;
  private static final int MODELS = 12;
  private static final int LOADS = 400;
  private static final double ONCE = 0.15;
  private static final int PROTECTED = CAPACITY * 4 / 5;

  private EvictionReplay() {}

  /** A region of a model. */
  private record Region(int model, int number) {}

  /** An order of eviction. */
  private interface Order {
    /** Returns whether the region was there, and notes that it was read. */
    boolean read(Region region);
  }

  public static void main(String[] arguments) {
    List<Region> trace = trace();
    print("FIFO", new Recency(false, 0), trace);
    print("LRU", new Recency(true, 0), trace);
    print("segmented LRU", new Segmented(), trace);
    print("LRU, kept at the second read only", new Recency(true, 2 * CAPACITY), trace);
  }

  private static List<Region> trace() {
    Random random = new Random(3);
    int[] sizes = random.ints(MODELS, 0, 4).map(i -> new int[] {20, 30, 40, 60}[i]).toArray();
    List<Region> trace = new ArrayList<>();
    for (int load = 0; load < LOADS; load++) {
      boolean once = random.nextDouble() < ONCE;
      int model = once ? MODELS + load : zipf(random);
      int size = once ? 200 * (1 + random.nextInt(2)) : sizes[model];
      for (int region = 0; region < size; region++) {
        trace.add(new Region(model, region));
      }
    }
    return trace;
  }

  private static int zipf(Random random) {
    double sum = 0;
    for (int i = 1; i <= MODELS; i++) {
      sum += Math.pow(i, -1.1);
    }
    double at = random.nextDouble() * sum;
    int model = 0;
    while (model < MODELS - 1 && (at -= Math.pow(model + 1, -1.1)) > 0) {
      model++;
    }
    return model;
  }

  private static void print(String name, Order order, List<Region> trace) {
    long hits = trace.stream().filter(order::read).count();
    System.out.printf(Locale.ROOT, "%-34s %8.3f%n", name, (double) hits / trace.size());
  }

  /** The first in, or the least recently read, goes first. */
  private static final class Recency implements Order {
    private final SequencedMap<Region, Boolean> kept;
    private final SequencedSet<Region> seen = new LinkedHashSet<>();
    private final int remembered;

    Recency(boolean byReads, int remembered) {
      this.kept = new LinkedHashMap<>(16, 0.75f, byReads);
      this.remembered = remembered;
    }

    @Override
    public boolean read(Region region) {
      if (kept.get(region) != null) {
        return true;
      }
      if (remembered > 0 && seen.add(region)) {
        if (seen.size() > remembered) {
          seen.removeFirst();
        }
        return false;
      }
      if (kept.size() == CAPACITY) {
        kept.pollFirstEntry();
      }
      kept.put(region, true);
      return false;
    }
  }

  /** What was read once goes before what was read again. */
  private static final class Segmented implements Order {
    private final SequencedSet<Region> probation = new LinkedHashSet<>();
    private final SequencedSet<Region> guarded = new LinkedHashSet<>();

    @Override
    public boolean read(Region region) {
      if (guarded.contains(region)) {
        guarded.addLast(region);
        return true;
      }
      if (probation.remove(region)) {
        guarded.addLast(region);
        if (guarded.size() > PROTECTED) {
          probation.addLast(guarded.removeFirst());
        }
        return true;
      }
      if (probation.size() + guarded.size() == CAPACITY) {
        (probation.isEmpty() ? guarded : probation).removeFirst();
      }
      probation.addLast(region);
      return false;
    }
  }
}
