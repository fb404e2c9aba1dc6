// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.benchmarks.comparison;

/**
 * How much of everything works have to do.
 *
 * @param largeFile bytes of a file that is read or written in order, a multiple of 1 MiB
 * @param otherFile bytes of one that is read in other ways, a multiple of 16 MiB
 * @param warmFile bytes of one that is read again, a multiple of 1 MiB
 * @param smallFiles files of 128 KiB that are read
 * @param listed files of a folder that is listed
 * @param named files that are looked up, made and removed one after the other
 */
record Amounts(
    long largeFile, long otherFile, long warmFile, int smallFiles, int listed, int named) {}
