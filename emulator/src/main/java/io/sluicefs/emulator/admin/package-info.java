// SPDX-License-Identifier: Apache-2.0
/** The admin listener: counters, conditions and objects over HTTP. */
package io.sluicefs.emulator.admin;
