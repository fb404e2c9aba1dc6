// SPDX-License-Identifier: Apache-2.0
/** The contract suite of FUSE channels. */
package io.sluicefs.spi.testkit.fuse;
