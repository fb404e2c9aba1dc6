// SPDX-License-Identifier: Apache-2.0
/** The contract suite of transports. */
package io.sluicefs.spi.testkit.transport;
