// SPDX-License-Identifier: Apache-2.0
/** The one budget of off-heap memory. */
package io.sluicefs.kernel.memory;
