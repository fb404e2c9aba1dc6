// SPDX-License-Identifier: Apache-2.0
/** Plans read-ahead for files read in order. */
package io.sluicefs.prefetch.sequential;
