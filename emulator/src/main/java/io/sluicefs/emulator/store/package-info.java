// SPDX-License-Identifier: Apache-2.0
/** What the objects are made of and where they are kept. */
package io.sluicefs.emulator.store;
