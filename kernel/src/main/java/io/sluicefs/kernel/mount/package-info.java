// SPDX-License-Identifier: Apache-2.0
/** A mount as a whole: its plugins wired together, its start and its end. */
package io.sluicefs.kernel.mount;
