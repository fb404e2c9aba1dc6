// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.spi.fuse;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What a {@code setattr} asks for; null leaves a value as it is.
 *
 * @param mode permission bits
 * @param uid owner
 * @param gid group
 * @param size new size in bytes
 * @param modified new time of last modification
 */
public record AttributeChanges(
    @Nullable Integer mode,
    @Nullable Integer uid,
    @Nullable Integer gid,
    @Nullable Long size,
    @Nullable Instant modified) {}
