// SPDX-License-Identifier: Apache-2.0
/** Bytes written that cannot be streamed to the store: sparse files on a local disk. */
package io.sluicefs.kernel.staging;
