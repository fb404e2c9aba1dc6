// SPDX-License-Identifier: Apache-2.0
/** The contract suite of caches. */
package io.sluicefs.spi.testkit.cache;
