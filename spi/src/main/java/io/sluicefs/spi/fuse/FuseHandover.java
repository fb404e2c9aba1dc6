// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.spi.fuse;

/**
 * A session that one process leaves to another.
 *
 * @param descriptor of the session, in the process that has this
 * @param state what else the other channel needs, in a form of the channel's own that says its
 *     version
 * @since 1.3
 */
@SuppressWarnings("ArrayRecordComponent") // nobody compares them
public record FuseHandover(int descriptor, byte[] state) {
  public FuseHandover {
    state = state.clone();
  }

  @Override
  public byte[] state() {
    return state.clone();
  }
}
