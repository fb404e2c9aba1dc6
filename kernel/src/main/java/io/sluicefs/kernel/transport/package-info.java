// SPDX-License-Identifier: Apache-2.0
/** What every transport is wrapped in: retries and limits. */
package io.sluicefs.kernel.transport;
