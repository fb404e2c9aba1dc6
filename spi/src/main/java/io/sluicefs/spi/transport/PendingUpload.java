// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.spi.transport;

import java.time.Instant;

/**
 * An upload that was started and neither completed nor aborted.
 *
 * @param key the key it would create
 * @param uploadId the store's name of it
 * @param started when it was started
 */
public record PendingUpload(String key, String uploadId, Instant started) {}
