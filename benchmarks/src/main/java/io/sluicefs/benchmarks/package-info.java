// SPDX-License-Identifier: Apache-2.0
/** Measurements of parts of Sluice. */
package io.sluicefs.benchmarks;
