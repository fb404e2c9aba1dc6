// SPDX-License-Identifier: Apache-2.0
/** The write path: what open files hold that the store does not have yet, and how it gets there. */
package io.sluicefs.kernel.write;
