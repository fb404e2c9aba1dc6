// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.mount;

import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;

/**
 * How a mount passes from one daemon to the next: what this one was started with, for the next to
 * be started with too, and what it takes over itself.
 *
 * @param arguments of the command that mounts; none if nobody can take over from this daemon
 * @param folder the arguments are relative to
 * @param taken the descriptor of the session this daemon goes on with; empty if it mounts
 */
public record Succession(List<String> arguments, Path folder, OptionalInt taken) {
  /** A mount that begins and ends with its daemon. */
  public static final Succession NONE =
      new Succession(List.of(), Path.of("/"), OptionalInt.empty());

  public Succession {
    arguments = List.copyOf(arguments);
  }
}
