// SPDX-License-Identifier: Apache-2.0
/** Keeps blocks in shared, reference-counted memory outside the heap. */
package io.sluicefs.cache.memory;
