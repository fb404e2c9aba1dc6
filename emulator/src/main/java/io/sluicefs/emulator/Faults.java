// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.emulator;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * What is to go wrong with coming requests, and what has. Of the rules that fit a request the first
 * one strikes, whichever dialect the request comes in. Safe for use by many threads.
 *
 * <pre>{@code
 * emulator.faults().order(FaultRule.on(RequestKind.GET).times(2).does(Fault.reset(1000)));
 * emulator.faults().follow(FaultSchedule.parse(json)); // instead of all ordered before
 * emulator.faults().clear();
 * }</pre>
 */
public final class Faults {
  /**
   * What became of a rule.
   *
   * @param matched requests of its kinds and key that no rule before it struck
   * @param struck those that went wrong
   */
  public record Tally(FaultRule rule, long matched, long struck) {}

  private final List<ActiveRule> rules = new ArrayList<>();
  private long seed;
  private long ordered;
  private volatile Duration clockOffset = Duration.ZERO;

  Faults() {}

  /** Takes back all that was ordered and follows a schedule from its beginning. */
  public synchronized void follow(FaultSchedule schedule) {
    rules.clear();
    seed = schedule.seed();
    ordered = 0;
    clockOffset = schedule.clockOffset();
    schedule.rules().forEach(this::order);
  }

  /** Adds a rule behind those there are. */
  public synchronized void order(FaultRule rule) {
    rules.add(new ActiveRule(rule, new SplittableRandom(seed + 31L * ordered++)));
  }

  private void order(RequestKind kind, Fault fault, int requests) {
    order(FaultRule.on(kind).times(requests).does(fault));
  }

  /** Carries out the next requests of a kind and closes their connections without an answer. */
  public void dropAnswers(RequestKind kind, int requests) {
    order(kind, Fault.dropAnswer(), requests);
  }

  /** Answers the next requests of a kind with an error and does not carry them out. */
  public void refuse(RequestKind kind, int status, String code, int requests) {
    order(kind, Fault.refuse(status, code), requests);
  }

  /** Answers the next requests of a kind with an error of status 200; they are not carried out. */
  public void failLate(RequestKind kind, String code, int requests) {
    order(kind, Fault.failLate(code), requests);
  }

  /** Changes a bit in the bodies of the next requests of a kind. */
  public void flipBits(RequestKind kind, int requests) {
    order(kind, Fault.flipBit(), requests);
  }

  /** Takes back the rules of a name. */
  public synchronized void withdraw(String name) {
    rules.removeIf(active -> active.rule.name().equals(name));
  }

  /** Sets the store's clock ahead of this machine's, or behind it. */
  public void shiftClock(Duration offset) {
    clockOffset = offset;
  }

  /** The store's time. */
  public Instant now() {
    return Instant.now().plus(clockOffset);
  }

  /** Takes back what has not struck yet and sets the clock right. */
  public synchronized void clear() {
    rules.clear();
    clockOffset = Duration.ZERO;
  }

  /** How many requests of a kind are still to go wrong. */
  public synchronized long pending(RequestKind kind) {
    return rules.stream()
        .filter(rule -> rule.rule.requests().contains(kind))
        .mapToLong(rule -> rule.rule.times() - rule.struck)
        .sum();
  }

  /** What became of the rules since they were ordered. */
  public synchronized List<Tally> tallies() {
    return rules.stream()
        .map(active -> new Tally(active.rule, active.matched, active.struck))
        .toList();
  }

  /**
   * Takes what goes wrong with a request that has come; null if nothing does.
   *
   * @param key of the object, of a listing its prefix
   */
  public synchronized @Nullable Fault strike(RequestKind kind, String bucket, String key) {
    for (ActiveRule active : rules) {
      if (active.rule.matches(kind, bucket, key) && active.strikes()) {
        return active.rule.fault();
      }
    }
    return null;
  }

  private static final class ActiveRule {
    private final FaultRule rule;
    private final SplittableRandom random;
    private long matched;
    private long struck;

    ActiveRule(FaultRule rule, SplittableRandom random) {
      this.rule = rule;
      this.random = random;
    }

    boolean strikes() {
      matched++;
      long behindFirst = matched - rule.nth();
      if (behindFirst < 0 || behindFirst % rule.every() != 0 || struck >= rule.times()) {
        return false;
      }
      if (rule.probability() < 1 && random.nextDouble() >= rule.probability()) {
        return false;
      }
      struck++;
      return true;
    }
  }
}
