/** The OSS dialect. */
package io.sluicefs.emulator.oss;
