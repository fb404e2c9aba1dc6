// SPDX-License-Identifier: Apache-2.0
/** The file system: inodes, names, attributes and handles behind the FUSE operations. */
package io.sluicefs.kernel.fs;
