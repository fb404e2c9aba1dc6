// SPDX-License-Identifier: Apache-2.0
/** Sluice and other mounts of object stores, doing the same work in one run. */
package io.sluicefs.benchmarks.comparison;
