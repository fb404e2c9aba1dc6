// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.fs;

import io.sluicefs.kernel.namespace.Inode;
import io.sluicefs.kernel.namespace.SlotTable;
import io.sluicefs.kernel.read.ReadSession;

/**
 * An open file: the version fixed at open and the session that reads it, which it owns.
 *
 * @param number names it
 * @param inode the file
 * @param size of that version in bytes
 */
record FileHandle(long number, Inode inode, long size, ReadSession session)
    implements SlotTable.Numbered {}
