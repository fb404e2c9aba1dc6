// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.emulator;

import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/**
 * What is to go wrong with coming requests. Faults of one kind of request strike in the order they
 * were ordered in, one a request, whichever dialect it comes in. Safe for use by many threads.
 */
public final class Faults {
  /** How a request goes wrong. */
  public enum Effect {
    /** It is carried out, and the connection is closed without an answer. */
    DROP_ANSWER,
    /** It is answered with an error and not carried out. */
    REFUSE,
    /**
     * It is not carried out, and the error comes in an answer of status 200, as it does from stores
     * that find out what is wrong after they have begun to answer.
     */
    FAIL_LATE,
    /** A bit of its body changes on the way. */
    FLIP_BIT
  }

  /**
   * What goes wrong with one request.
   *
   * @param status of the answer where one is given
   * @param code the store's word for the error where one is given
   */
  public record Fault(Effect effect, int status, String code) {}

  private final Map<RequestKind, Queue<Fault>> ordered = new EnumMap<>(RequestKind.class);

  Faults() {
    for (RequestKind kind : RequestKind.values()) {
      ordered.put(kind, new ConcurrentLinkedQueue<>());
    }
  }

  /** Carries out the next requests of a kind and closes their connections without an answer. */
  public void dropAnswers(RequestKind kind, int requests) {
    order(kind, new Fault(Effect.DROP_ANSWER, 0, ""), requests);
  }

  /** Answers the next requests of a kind with an error and does not carry them out. */
  public void refuse(RequestKind kind, int status, String code, int requests) {
    if (status < 400 || status > 599) {
      throw new IllegalArgumentException("status is " + status + ", give one from 400 to 599");
    }
    order(kind, new Fault(Effect.REFUSE, status, code), requests);
  }

  /** Answers the next requests of a kind with an error of status 200; they are not carried out. */
  public void failLate(RequestKind kind, String code, int requests) {
    order(kind, new Fault(Effect.FAIL_LATE, 200, code), requests);
  }

  /** Changes a bit in the bodies of the next requests of a kind. */
  public void flipBits(RequestKind kind, int requests) {
    order(kind, new Fault(Effect.FLIP_BIT, 0, ""), requests);
  }

  private void order(RequestKind kind, Fault fault, int requests) {
    for (int i = 0; i < requests; i++) {
      queue(kind).add(fault);
    }
  }

  /** Takes back what has not struck yet. */
  public void clear() {
    ordered.values().forEach(Queue::clear);
  }

  /** How many faults of a kind of request have not struck yet. */
  public int pending(RequestKind kind) {
    return queue(kind).size();
  }

  /** Takes what goes wrong with a request that has come; null if nothing does. */
  public @Nullable Fault strike(RequestKind kind) {
    return queue(kind).poll();
  }

  private Queue<Fault> queue(RequestKind kind) {
    return Objects.requireNonNull(ordered.get(kind));
  }
}
