// SPDX-License-Identifier: Apache-2.0
/** The contract suite of prefetchers. */
package io.sluicefs.spi.testkit.prefetch;
