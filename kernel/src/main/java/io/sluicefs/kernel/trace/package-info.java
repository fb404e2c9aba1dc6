// SPDX-License-Identifier: Apache-2.0
/** Traces of what was read in which order, to read ahead by them another time. */
package io.sluicefs.kernel.trace;
