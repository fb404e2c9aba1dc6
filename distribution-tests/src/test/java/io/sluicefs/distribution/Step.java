// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.distribution;

import io.sluicefs.distribution.NameState.Content;
import java.util.List;

/** A step of a round: what programs do, what goes wrong, what happens elsewhere. */
sealed interface Step {
  /** A process does something to files. */
  record Perform(int worker, FileOperation operation) implements Step {}

  /** Processes do something at one time; what would depend on the order is left out. */
  record Together(List<Perform> operations) implements Step {}

  /**
   * The same, and the processes are stopped after some milliseconds and continued, as by Ctrl-Z:
   * that interrupts what they wait for.
   */
  record Interrupted(List<Perform> operations, int millis) implements Step {}

  /** The daemon gets SIGKILL while processes do something, and the bucket is mounted again. */
  record Kill(List<Perform> meanwhile, int millis) implements Step {}

  /** All files are closed, and the bucket is unmounted and mounted again. */
  record Remount() implements Step {}

  /** Some requests of a kind go wrong, so few that nobody notices. */
  record Disturb(String kind, String fault, int requests) implements Step {}

  /** From here on requests of a kind are refused, until something fails. */
  record Refuse(String kind, int status, String code) implements Step {}

  /** Nothing is refused any more. */
  record RefuseNothing() implements Step {}

  /** Another host replaces a file, while processes may read it. */
  record Overwrite(String path, Pattern data, List<Integer> readers) implements Step {
    Content content() {
      return new Content(data.bytes());
    }
  }

  /** Two processes append to a file at one time, record by record. */
  record AppendTogether(String path, Pattern record, int count) implements Step {}

  /** The whole tree is compared. */
  record Compare() implements Step {}
}
