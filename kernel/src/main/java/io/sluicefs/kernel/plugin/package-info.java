// SPDX-License-Identifier: Apache-2.0
/** Plugin folders, each in a module layer of its own. */
package io.sluicefs.kernel.plugin;
