// SPDX-License-Identifier: Apache-2.0
/** The read path: sessions of open files and the carrying out of read-ahead. */
package io.sluicefs.kernel.read;
