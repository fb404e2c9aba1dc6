// SPDX-License-Identifier: Apache-2.0
/** What a whole mount costs: kernel, plugins and channel, over HTTP from a store. */
package io.sluicefs.benchmarks.mount;
