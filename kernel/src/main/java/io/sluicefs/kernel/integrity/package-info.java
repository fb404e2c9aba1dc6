// SPDX-License-Identifier: Apache-2.0
/** Whether what is read is what the store keeps. */
@NullMarked
package io.sluicefs.kernel.integrity;

import org.jspecify.annotations.NullMarked;
