// SPDX-License-Identifier: Apache-2.0

/** The socket on which a mount answers those who look after it, and those who ask there. */
package io.sluicefs.kernel.control;
