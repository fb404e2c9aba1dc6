// SPDX-License-Identifier: Apache-2.0
/** The FUSE channel that speaks the protocol of /dev/fuse itself. */
package io.sluicefs.fuse.direct;
