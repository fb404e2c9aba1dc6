// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.emulator;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Which requests go wrong, and how: of those of some kinds, whose key fits, the {@code nth}, then
 * every {@code every}-th, each with a probability, and so many at most.
 *
 * <pre>{@code
 * FaultRule.on(RequestKind.GET).key("models/.*").nth(2).every(3).times(5).does(Fault.reset(1000))
 * }</pre>
 *
 * @param name under which it is counted
 * @param requests their kinds; empty = all
 * @param bucket only of it; empty = of all
 * @param key what the whole key fits, of a listing its prefix
 * @param nth the first that may be struck, from 1
 * @param every the distance to the next, from 1
 * @param probability that one that may be struck is
 * @param times how many are struck at most
 */
public record FaultRule(
    String name,
    Set<RequestKind> requests,
    String bucket,
    Pattern key,
    long nth,
    long every,
    double probability,
    long times,
    Fault fault) {
  private static final Pattern ANY = Pattern.compile("(?s).*");

  public FaultRule {
    requests = Set.copyOf(requests);
    if (nth < 1 || every < 1 || times < 1) {
      throw new IllegalArgumentException("nth, every and times are 1 or more");
    }
    if (!(probability > 0 && probability <= 1)) {
      throw new IllegalArgumentException(
          "probability is " + probability + ", give one above 0 and up to 1");
    }
  }

  /** Begins a rule for requests of some kinds, of all if none is given. */
  public static Builder on(RequestKind... kinds) {
    Set<RequestKind> requests = EnumSet.noneOf(RequestKind.class);
    requests.addAll(Arrays.asList(kinds));
    return new Builder(requests);
  }

  boolean matches(RequestKind kind, String inBucket, String ofKey) {
    return (requests.isEmpty() || requests.contains(kind))
        && (bucket.isEmpty() || bucket.equals(inBucket))
        && key.matcher(ofKey).matches();
  }

  /** Collects a rule. */
  public static final class Builder {
    private final Set<RequestKind> requests;
    private String name = "";
    private String bucket = "";
    private Pattern key = ANY;
    private long nth = 1;
    private long every = 1;
    private double probability = 1;
    private long times = Long.MAX_VALUE;

    private Builder(Set<RequestKind> requests) {
      this.requests = requests;
    }

    public Builder named(String given) {
      name = given;
      return this;
    }

    public Builder bucket(String only) {
      bucket = only;
      return this;
    }

    /** A regular expression for whole keys. */
    public Builder key(String pattern) {
      key = Pattern.compile(pattern, Pattern.DOTALL);
      return this;
    }

    public Builder nth(long first) {
      nth = first;
      return this;
    }

    public Builder every(long distance) {
      every = distance;
      return this;
    }

    public Builder probability(double chance) {
      probability = chance;
      return this;
    }

    public Builder times(long most) {
      times = most;
      return this;
    }

    public FaultRule does(Fault fault) {
      return new FaultRule(
          name.isEmpty() ? fault.effect().word() : name,
          requests,
          bucket,
          key,
          nth,
          every,
          probability,
          times,
          fault);
    }
  }
}
