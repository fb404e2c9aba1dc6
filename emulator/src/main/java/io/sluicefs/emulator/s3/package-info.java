/** The S3 dialect. */
package io.sluicefs.emulator.s3;
