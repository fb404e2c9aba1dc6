// SPDX-License-Identifier: Apache-2.0
/** The OSS dialect. */
package io.sluicefs.emulator.oss;
