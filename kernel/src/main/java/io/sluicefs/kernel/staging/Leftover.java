// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.staging;

import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;

/**
 * A staged file whose daemon is dead, or could not publish it.
 *
 * @param id what people call it
 * @param origin what it belongs to
 * @param size the size the object would have, in bytes
 * @param staged the bytes of it that are in no object
 * @param missing bytes that were in parts of an upload that was not completed, and are not here
 * @param started when it was made
 * @param why why it could not be published; empty if its daemon died before
 * @param path the sparse file with its bytes
 */
public record Leftover(
    String id,
    StagedOrigin origin,
    long size,
    long staged,
    long missing,
    Instant started,
    Optional<String> why,
    Path path) {
  static Leftover of(StagingFolder folder, String id, StagedState state) {
    return new Leftover(
        id,
        state.origin(),
        state.size(),
        state.held().length(),
        state.sent().length(),
        state.started(),
        Optional.ofNullable(state.keptWhy()),
        folder.data(id));
  }
}
