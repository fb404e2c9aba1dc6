// SPDX-License-Identifier: Apache-2.0
/** Several prefetchers as one. */
package io.sluicefs.kernel.prefetch;
