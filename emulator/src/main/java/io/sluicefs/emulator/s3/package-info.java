// SPDX-License-Identifier: Apache-2.0
/** The S3 dialect. */
package io.sluicefs.emulator.s3;
