// SPDX-License-Identifier: Apache-2.0
/** What the suites share: plugin contexts and leak checkers. */
package io.sluicefs.spi.testkit;
