// SPDX-License-Identifier: Apache-2.0
/** The emulator as a process and as a library for tests. */
package io.sluicefs.emulator;
