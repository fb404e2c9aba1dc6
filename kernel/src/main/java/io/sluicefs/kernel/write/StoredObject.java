// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.write;

import io.sluicefs.spi.ObjectId;

/**
 * A version of an object in the store.
 *
 * @param size in bytes
 */
public record StoredObject(ObjectId id, long size) {}
