// SPDX-License-Identifier: Apache-2.0
/** The hot pieces alone, and the read path of a mount as a whole. */
@NullMarked
package io.sluicefs.benchmarks.pieces;

import org.jspecify.annotations.NullMarked;
