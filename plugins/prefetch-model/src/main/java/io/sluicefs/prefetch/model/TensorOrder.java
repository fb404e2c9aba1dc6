// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.prefetch.model;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * In which order a handle goes through its tensors, learned from the tensors it went to. What
 * followed a tensor of one layer is expected to follow that of the next layer. Until something else
 * is seen, and while nothing else is, a file is read in its own order. Not thread-safe.
 */
final class TensorOrder {
  /** Steps in the file's order that are needed to go by it, where there were others before. */
  private static final int STEPS_IN_FILE_ORDER = 8;

  /** The same where there were no others. */
  private static final int FIRST_STEPS = 2;

  private static final int MOST_RULES = 1 << 14;

  /** What comes after a tensor: a kind, and how much more the numbers in the name are. */
  private record Rule(int kind, int first, int second) {}

  private final TensorTable table;

  /** By kind, and for tensors with two numbers by kind and the second, which tells the last one. */
  private final Map<Long, Rule> rules = new HashMap<>();

  private int steps;
  private int stepsInFileOrder;

  TensorOrder(TensorTable table) {
    this.table = table;
  }

  /** Returns whether the tensors were read in the file's order of late. */
  boolean isOfFile() {
    return stepsInFileOrder >= Math.clamp(steps, FIRST_STEPS, STEPS_IN_FILE_ORDER);
  }

  /**
   * Notes a step from one tensor to another.
   *
   * @param inFileOrder whether reading went on where it was in the file
   */
  void learn(int from, int to, boolean inFileOrder) {
    steps++;
    stepsInFileOrder = inFileOrder ? stepsInFileOrder + 1 : 0;
    long before = table.name(from);
    long after = table.name(to);
    if (before == TensorName.UNKNOWN || after == TensorName.UNKNOWN) {
      return;
    }
    Rule rule =
        new Rule(
            TensorName.kind(after),
            TensorName.first(after) - TensorName.first(before),
            TensorName.second(after) - TensorName.second(before));
    learn(ofKind(before), rule);
    if (TensorName.second(before) > 0) {
      learn(ofKindAndSecond(before), rule);
    }
  }

  private void learn(long key, Rule rule) {
    if (rules.size() < MOST_RULES || rules.containsKey(key)) {
      rules.put(key, rule);
    }
  }

  /** Returns the tensor expected after another, or -1. */
  int next(int tensor) {
    if (isOfFile()) {
      return tensor + 1 < table.count() ? tensor + 1 : -1;
    }
    long name = table.name(tensor);
    if (name == TensorName.UNKNOWN) {
      return -1;
    }
    int next = TensorName.second(name) > 0 ? follow(name, rules.get(ofKindAndSecond(name))) : -1;
    return next >= 0 ? next : follow(name, rules.get(ofKind(name)));
  }

  private int follow(long name, @Nullable Rule rule) {
    if (rule == null) {
      return -1;
    }
    return table.named(
        TensorName.pack(
            rule.kind, TensorName.first(name) + rule.first, TensorName.second(name) + rule.second));
  }

  private static long ofKind(long name) {
    return (long) TensorName.kind(name) << 32;
  }

  private static long ofKindAndSecond(long name) {
    return ofKind(name) | TensorName.second(name);
  }
}
